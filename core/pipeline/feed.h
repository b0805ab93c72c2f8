// Fetching and transforming of one entity beside the committing thread.
#pragma once
#include <atomic>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "core/pipeline/bounded_queue.h"
#include "core/pipeline/page_source.h"
#include "core/pipeline/transform.h"

namespace psabridge::pipeline {

/// One page, ready to be committed; or, with `last`, the end of a feed.
struct StagedPage {
  std::size_t task = 0;  ///< which feed it came from
  std::unique_ptr<Batch> batch;
  std::optional<std::string> cursor;
  bool mark_seen = false;
  std::vector<std::string> settled_parents;
  std::int64_t expected = -1;
  std::uint32_t requests = 0;
  Milliseconds read_at{0};
  bool single = false;
  std::vector<std::string> hidden;
  bool last = false;         ///< nothing follows from this feed; no batch
  std::exception_ptr error;  ///< with `last`: why it ended early
};
using CommitQueue = BoundedQueue<StagedPage>;

/// Reads a source to its end on two threads of its own and puts the pages, in order, into the commit queue;
/// always ends with one `last` item unless that queue was closed. The destructor waits for both threads; they
/// end with the source, with `stop`, or with the closing of the queue.
class Feed {
 public:
  /// `transform` is used by the feed alone; `queue` and `stop` outlive it.
  Feed(std::size_t task, std::unique_ptr<PageSource> source, Transform& transform, CommitQueue& queue,
       plugin::Stop stop);
  ~Feed();

 private:
  void fetch();
  void transform_pages();
  void finish(std::exception_ptr error);

  const std::size_t task_;
  std::unique_ptr<PageSource> source_;
  Transform& transform_;
  CommitQueue& commits_;
  plugin::Stop stop_;
  BoundedQueue<SourcePage> fetched_;
  std::exception_ptr fetch_error_;  ///< written before fetched_ is closed, read after it is drained
  std::thread fetcher_, transformer_;
};

}  // namespace psabridge::pipeline
