// The runs that changes by events belong to: one a pipeline, kept open while events come, so that the list of
// runs is not buried under events.
#pragma once
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "core/base/clock.h"
#include "core/pipeline/assembly.h"
#include "core/store/shared_writer.h"

namespace psabridge::serve {

/// Thread-safe.
class EventRuns {
 public:
  /// A run is ended when it has been open for so long; the next event begins another.
  static constexpr Milliseconds kLongest = std::chrono::hours{1};

  /// Both outlive it.
  EventRuns(store::SharedWriter& store, Clock& clock) : store_(store), clock_(clock) {}

  /// A run for as long as the lease lives.
  class Lease {
   public:
    Lease(EventRuns& runs, std::string pipeline, store::RunId run)
        : runs_(runs), pipeline_(std::move(pipeline)), run_(run) {}
    ~Lease() { runs_.give_back(pipeline_); }
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    store::RunId run() const noexcept { return run_; }

   private:
    EventRuns& runs_;
    const std::string pipeline_;
    const store::RunId run_;
  };
  /// `entity` is noted as one that the run touched. Throws Error PB13xx.
  std::unique_ptr<Lease> lease(const pipeline::Assembly& assembly, const std::string& entity);

  /// Ends the runs that have been open long enough and that nobody uses.
  void end_old();
  /// Ends all of them. Nobody uses one any more.
  void end_all();

 private:
  struct Open {
    store::RunId run = 0;
    Milliseconds since{0};
    std::set<std::string> entities;
    int users = 0;
  };
  void give_back(const std::string& pipeline);
  void end(const Open& open);

  store::SharedWriter& store_;
  Clock& clock_;
  std::mutex mutex_;  ///< taken before the store's
  std::map<std::string, Open> open_;
};

}  // namespace psabridge::serve
