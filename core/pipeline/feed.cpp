#include "core/pipeline/feed.h"

#include <utility>

namespace psabridge::pipeline {
namespace {

constexpr std::size_t kFetchedBound = 2u << 20;  // bytes of source text between fetch and transform

}  // namespace

Feed::Feed(std::size_t task, std::unique_ptr<PageSource> source, Transform& transform, CommitQueue& queue,
           plugin::Stop stop)
    : task_(task),
      source_(std::move(source)),
      transform_(transform),
      commits_(queue),
      stop_(std::move(stop)),
      fetched_(kFetchedBound),
      fetcher_(&Feed::fetch, this),
      transformer_(&Feed::transform_pages, this) {}

Feed::~Feed() {
  fetcher_.join();
  transformer_.join();
}

void Feed::fetch() {
  try {
    while (auto page = source_->next(stop_)) {
      const std::size_t bytes = page->page.bytes;
      if (!fetched_.push(std::move(*page), bytes)) break;
    }
  } catch (...) {
    fetch_error_ = std::current_exception();
  }
  fetched_.close();
}

void Feed::transform_pages() {
  try {
    while (auto page = fetched_.pop()) {
      StagedPage staged;
      staged.task = task_;
      staged.cursor = std::move(page->cursor);
      staged.mark_seen = page->mark_seen;
      staged.settled_parents = std::move(page->settled_parents);
      staged.expected = page->page.expected;
      staged.requests = page->page.requests;
      staged.read_at = page->read_at;
      staged.single = page->single;
      staged.hidden = std::move(page->hidden);
      staged.batch = transform_.apply(std::move(page->page), stop_);
      const std::size_t bytes = staged.batch->bytes;
      if (!commits_.push(std::move(staged), bytes)) return fetched_.close();
    }
    finish(fetch_error_);
  } catch (...) {
    fetched_.close();
    finish(std::current_exception());
  }
}

void Feed::finish(std::exception_ptr error) {
  StagedPage end;
  end.task = task_;
  end.last = true;
  end.error = std::move(error);
  commits_.push(std::move(end), 0);
}

}  // namespace psabridge::pipeline
