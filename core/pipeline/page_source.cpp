#include "core/pipeline/page_source.h"

#include <algorithm>
#include <optional>
#include <random>
#include <utility>

#include "core/base/error.h"
#include "core/pipeline/cursor_stamp.h"

namespace psabridge::pipeline {
namespace {

constexpr int kTries = 3;  // per page, on top of the network's own repeats
constexpr std::string_view kCircuitOpen = "PB1217";
constexpr Milliseconds kRetryBase{1'000};  // full jitter: 0..base*2^n
constexpr Milliseconds kRetryCap{60'000};
constexpr Milliseconds kThrottlePause{15'000};  // for a 429 without Retry-After
constexpr std::size_t kFamiliesPerPage = 20;
constexpr std::size_t kFetchesPerPage = 20;

[[noreturn]] void stopped() {
  throw Error("PB1410", "The run was asked to stop; what is committed is kept.");
}

/// Repeats `call` by the class of its errors: transient ones with full jitter, a throttled one after the wait
/// that was asked for. When the circuit is open by then, what failed before it is the error: it says why.
template <class Call>
auto patiently(Clock& clock, const plugin::Stop& stop, Call call) {
  static thread_local std::minstd_rand jitter{std::random_device{}()};
  std::optional<Error> reason;
  for (int tried = 0;;) {
    if (stop()) stopped();
    try {
      return call();
    } catch (const Error& error) {
      if (error.error_class() == ErrorClass::rate_limited) {
        clock.sleep(error.retry_after.value_or(kThrottlePause), stop);
      } else if (error.error_class() == ErrorClass::transient && ++tried < kTries) {
        if (error.code() != kCircuitOpen) reason = error;
        const Milliseconds most = std::min(kRetryCap, kRetryBase * (1 << tried));
        clock.sleep(error.retry_after.value_or(
                        Milliseconds{std::uniform_int_distribution<long>{0, most.count()}(jitter)}),
                    stop);
      } else if (error.code() == kCircuitOpen && reason) {
        throw *reason;
      } else {
        throw;
      }
    }
  }
}

class PullSource : public PageSource {
 protected:
  explicit PullSource(SourceSpec spec) : spec_(std::move(spec)) {}

  plugin::PulledPage pull(plugin::PullRequest request, const plugin::Stop& stop) const {
    request.entity = spec_.entity;
    request.filters = spec_.filters;
    request.page_size = spec_.page_size;
    return patiently(*spec_.clock, stop, [&] { return spec_.connector->pull(request, stop); });
  }

  SourceSpec spec_;
};

class ChangesSource final : public PullSource {
 public:
  ChangesSource(SourceSpec spec, ChangesWindow window)
      : PullSource(std::move(spec)), window_(std::move(window)), gave_something_(!window_.cursor.empty()) {}

  std::optional<SourcePage> next(const plugin::Stop& stop) override {
    if (ended_) return std::nullopt;
    SourcePage out;
    out.read_at = spec_.clock->monotonic();
    out.page = pull({.cursor = window_.cursor}, stop);
    out.mark_seen = window_.mark_seen;
    ended_ = !out.page.more;
    window_.cursor = out.page.next;
    gave_something_ = gave_something_ || !out.page.slices.empty();
    // A full read that shows nothing at all may be a right that is missing: it is no ground to ask for
    // changes only from now on.
    if (ended_ && !gave_something_) window_.cursor.clear();
    if (window_.keep_cursor) out.cursor = stamped_cursor(window_.stamp, window_.cursor);
    return out;
  }

 private:
  ChangesWindow window_;
  bool gave_something_;
  bool ended_ = false;
};

class IdsSource final : public PullSource {
 public:
  explicit IdsSource(SourceSpec spec) : PullSource(std::move(spec)) {}

  std::optional<SourcePage> next(const plugin::Stop& stop) override {
    if (ended_) return std::nullopt;
    SourcePage out;
    out.read_at = spec_.clock->monotonic();
    out.page = pull({.ids_only = true, .cursor = cursor_}, stop);
    out.mark_seen = true;
    ended_ = !out.page.more;
    cursor_ = out.page.next;
    return out;
  }

 private:
  std::string cursor_;
  bool ended_ = false;
};

void append_page(plugin::PulledPage& whole, plugin::PulledPage part) {
  for (plugin::Slice slice : part.slices) {
    slice.source_id = whole.arena->keep(slice.source_id);
    slice.version = whole.arena->keep(slice.version);
    slice.text = whole.arena->keep(slice.text);
    whole.slices.push_back(slice);
  }
  whole.bytes += part.bytes;
  whole.requests += part.requests;
}

/// A family may take several pulls; they are put together, because the store deletes children that a whole
/// family no longer has.
class ChildrenSource final : public PullSource {
 public:
  ChildrenSource(SourceSpec spec, std::vector<std::string> parents)
      : PullSource(std::move(spec)), parents_(std::move(parents)) {}

  std::optional<SourcePage> next(const plugin::Stop& stop) override {
    if (taken_ == parents_.size()) return std::nullopt;
    const auto begin = parents_.begin() + static_cast<std::ptrdiff_t>(taken_);
    const std::size_t count = std::min(kFamiliesPerPage, parents_.size() - taken_);
    SourcePage out;
    out.read_at = spec_.clock->monotonic();
    out.settled_parents.assign(begin, begin + static_cast<std::ptrdiff_t>(count));
    out.page = pull({.parents = out.settled_parents, .cursor = {}}, stop);
    while (out.page.more) {
      plugin::PulledPage part = pull({.parents = out.settled_parents, .cursor = out.page.next}, stop);
      out.page.more = part.more;
      out.page.next = part.next;
      append_page(out.page, std::move(part));
    }
    taken_ += count;
    return out;
  }

 private:
  std::vector<std::string> parents_;
  std::size_t taken_ = 0;
};

class FetchSource final : public PageSource {
 public:
  FetchSource(SourceSpec spec, std::vector<std::string> ids) : spec_(std::move(spec)), ids_(std::move(ids)) {}

  std::optional<SourcePage> next(const plugin::Stop& stop) override {
    if (taken_ == ids_.size()) return std::nullopt;
    const std::size_t count = std::min(kFetchesPerPage, ids_.size() - taken_);
    const std::span<const std::string> some(ids_.data() + taken_, count);
    SourcePage out;
    out.read_at = spec_.clock->monotonic();
    out.single = true;
    plugin::Fetched fetched =
        patiently(*spec_.clock, stop, [&] { return spec_.connector->get(spec_.entity, some, stop); });
    taken_ += count;
    out.page.arena = std::move(fetched.arena);
    out.page.slices = std::move(fetched.slices);
    out.page.requests = static_cast<std::uint32_t>(count);
    for (const plugin::Slice& slice : out.page.slices) out.page.bytes += slice.text.size();
    for (const plugin::Absence& absence : fetched.absent) {
      if (absence.hidden)
        out.hidden.push_back(absence.source_id);
      else
        out.page.slices.push_back({.source_id = out.page.arena->keep(absence.source_id),
                                   .version = {},
                                   .text = {},
                                   .deleted = true});
    }
    return out;
  }

 private:
  SourceSpec spec_;
  std::vector<std::string> ids_;
  std::size_t taken_ = 0;
};

class GivenSource final : public PageSource {
 public:
  GivenSource(std::vector<GivenRecord> given, Milliseconds read_at)
      : given_(std::move(given)), read_at_(read_at) {}

  std::optional<SourcePage> next(const plugin::Stop&) override {
    if (given_.empty()) return std::nullopt;
    SourcePage out;
    out.read_at = read_at_;
    out.single = true;
    out.page.arena = std::make_unique<Arena>();
    for (const GivenRecord& record : std::exchange(given_, {})) {
      out.page.slices.push_back({out.page.arena->keep(record.source_id), out.page.arena->keep(record.version),
                                 out.page.arena->keep(record.text)});
      out.page.bytes += record.text.size();
    }
    return out;
  }

 private:
  std::vector<GivenRecord> given_;
  const Milliseconds read_at_;
};

}  // namespace

std::unique_ptr<PageSource> changes_source(SourceSpec spec, ChangesWindow window) {
  return std::make_unique<ChangesSource>(std::move(spec), std::move(window));
}
std::unique_ptr<PageSource> ids_source(SourceSpec spec) {
  return std::make_unique<IdsSource>(std::move(spec));
}
std::unique_ptr<PageSource> children_source(SourceSpec spec, std::vector<std::string> parents) {
  return std::make_unique<ChildrenSource>(std::move(spec), std::move(parents));
}
std::unique_ptr<PageSource> fetch_source(SourceSpec spec, std::vector<std::string> ids) {
  return std::make_unique<FetchSource>(std::move(spec), std::move(ids));
}
std::unique_ptr<PageSource> given_source(std::vector<GivenRecord> given, Milliseconds read_at) {
  return std::make_unique<GivenSource>(std::move(given), read_at);
}

}  // namespace psabridge::pipeline
