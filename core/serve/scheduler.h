// When each pipeline runs.
#pragma once
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/clock.h"
#include "core/base/time.h"
#include "core/plugin/roles.h"

namespace psabridge::serve {

/// Why a run begins: its time has come, or somebody ordered it.
enum class Reason : std::uint8_t { due, ordered };

struct Job {
  std::string name;   ///< unique
  std::string group;  ///< jobs of one group take turns: those of one connection, so that no entity is synced
                      ///< twice at once
  /// Time between two runs; asked before each wait. Does not throw.
  std::function<Milliseconds()> interval;
  /// One run, on the job's thread. Ends soon after the Stop has become true; what is left is done by a later
  /// run.
  std::function<void(Reason, const plugin::Stop&)> work;
};

/// How a run ended. Texts, because it goes from thread to thread.
struct RunEnd {
  bool well = true;
  std::string code = {};    ///< of the Error that the work threw; empty when it was none
  std::string reason = {};  ///< why it did not end well
};

/// What `status` shows of a job.
struct JobStanding {
  bool running = false;
  /// Of the next run; nothing while it runs. In the past: it waits for its turn, or for the end of a pause.
  std::optional<SysMilliseconds> next_at;
  std::optional<Milliseconds> last_duration;  ///< nothing before the first run has ended
  int failures = 0;                           ///< in a row
};

/// Runs every job again and again: the first time within 10 % of its interval (at most 5 s), later an
/// interval after the end of the run before, give or take 10 %. Slots that were missed (a long run, a
/// suspended machine) are not made up for. A run that throws is followed by a wait that doubles from failure
/// to failure, up to 15 minutes (a longer interval stays as it is).
///
/// A thread for each job, owned here. Every function is thread-safe but stop() and the destructor.
class Scheduler {
 public:
  /// A run of the job did not end well. Called on the job's thread; does not throw.
  using Failed = std::function<void(const std::string& name, const RunEnd& end)>;
  class Pause;

  /// Starts. `clock` outlives the scheduler; `seed` feeds the jitter.
  Scheduler(std::vector<Job> jobs, Clock& clock, std::uint64_t seed, Failed failed);
  /// As stop().
  ~Scheduler();
  Scheduler(const Scheduler&) = delete;
  Scheduler& operator=(const Scheduler&) = delete;

  /// Asks for a run now. Ready when a whole run that began after this call has ended; when the scheduler
  /// stops before, with PB1410. Orders that come before a run begins share it. Throws Error PB1602 when there
  /// is no such job.
  std::future<RunEnd> order(std::string_view name);

  /// Throws Error PB1602 when there is no such job.
  JobStanding standing(std::string_view name) const;

  /// No run begins any more, running ones are asked to stop; waits for their end. One thread, never a job's.
  void stop();

 private:
  using Orders = std::vector<std::promise<RunEnd>>;
  struct Lane;

  void serve(Lane& lane);
  void wait_until_due(Lane& lane);
  /// Waits until the lane may run, and gives the orders that its run answers; nothing when the scheduler
  /// stops.
  std::optional<Orders> take_turn(Lane& lane);
  void run(Lane& lane, Orders orders);
  /// A run that was asked to stop, and says that it did, ended well.
  RunEnd work(const Job& job, Reason reason) const;
  bool asked_to_stop() const noexcept { return stopping_ || pauses_ > 0; }
  Lane& lane_named(std::string_view name) const;

  Clock& clock_;
  const Failed failed_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  // These two change with the mutex held; runs read them without.
  std::atomic<bool> stopping_{false};
  std::atomic<int> pauses_{0};
  std::vector<std::unique_ptr<Lane>> lanes_;        ///< does not change
  std::map<std::string, std::deque<Lane*>> turns_;  ///< by group: who runs, and who waits behind it
};

/// As long as one lives, no run begins: for work that needs the store for itself. Runs are asked to stop and
/// are made again when the last pause has ended; orders are kept until then.
class Scheduler::Pause {
 public:
  /// Waits for the end of the runs. Not from a job's thread. The scheduler outlives the pause.
  explicit Pause(Scheduler& scheduler);
  ~Pause();
  Pause(const Pause&) = delete;
  Pause& operator=(const Pause&) = delete;

 private:
  Scheduler& scheduler_;
};

}  // namespace psabridge::serve
