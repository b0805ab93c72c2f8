#include "core/serve/scheduler.h"

#include <algorithm>
#include <iterator>
#include <random>
#include <thread>
#include <utility>

#include "core/base/error.h"
#include "core/base/text.h"

namespace psabridge::serve {
namespace {

constexpr double kJitterShare = 0.1;
constexpr Milliseconds kLongestFirstWait{5'000};
constexpr Milliseconds kLongestBackoff = std::chrono::minutes{15};

Milliseconds share_of(Milliseconds span, double share) {
  return std::chrono::duration_cast<Milliseconds>(span * share);
}

Milliseconds backed_off(Milliseconds interval, int failures) {
  while (failures-- > 0 && interval < kLongestBackoff) interval = std::min(interval * 2, kLongestBackoff);
  return interval;
}

RunEnd stopped_before_end_of(const std::string& name) {
  return {false, "PB1410",
          "psabridge stopped before the run of pipeline \"" + name + "\" that was asked for had ended."};
}

}  // namespace

/// One job. What is not constant changes with the scheduler's mutex held, on the lane's thread (orders: any).
struct Scheduler::Lane {
  Lane(Job its_job, std::uint64_t seed) : job(std::move(its_job)), random(seed) {}

  double random_between(double low, double high) { return std::uniform_real_distribution(low, high)(random); }

  const Job job;
  std::mt19937_64 random;  ///< the lane's thread, and the constructor before that begins
  std::thread thread;
  Milliseconds due{0};  ///< monotonic
  Orders orders;        ///< of the next run
  bool running = false;
  std::optional<Milliseconds> last_duration;
  int failures = 0;
};

Scheduler::Scheduler(std::vector<Job> jobs, Clock& clock, std::uint64_t seed, Failed failed)
    : clock_(clock), failed_(std::move(failed)) {
  for (Job& job : jobs) lanes_.push_back(std::make_unique<Lane>(std::move(job), seed++));
  for (const auto& lane : lanes_) {
    const auto longest = std::min(share_of(lane->job.interval(), kJitterShare), kLongestFirstWait);
    lane->due = clock_.monotonic() + share_of(longest, lane->random_between(0, 1));
  }
  for (const auto& lane : lanes_) lane->thread = std::thread([this, &lane = *lane] { serve(lane); });
}

Scheduler::~Scheduler() { stop(); }

std::future<RunEnd> Scheduler::order(std::string_view name) {
  Lane& lane = lane_named(name);
  std::promise<RunEnd> promise;
  auto result = promise.get_future();
  const std::lock_guard lock(mutex_);
  if (stopping_)
    promise.set_value(stopped_before_end_of(lane.job.name));
  else
    lane.orders.push_back(std::move(promise));
  return result;
}

JobStanding Scheduler::standing(std::string_view name) const {
  const Lane& lane = lane_named(name);
  const std::lock_guard lock(mutex_);
  JobStanding standing{lane.running, std::nullopt, lane.last_duration, lane.failures};
  if (!lane.running) standing.next_at = clock_.now() + (lane.due - clock_.monotonic());
  return standing;
}

void Scheduler::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
  }
  for (const auto& lane : lanes_)
    if (lane->thread.joinable()) lane->thread.join();
}

void Scheduler::serve(Lane& lane) {
  wait_until_due(lane);
  while (auto orders = take_turn(lane)) {
    run(lane, std::move(*orders));
    wait_until_due(lane);
  }
  const std::lock_guard lock(mutex_);
  for (auto& order : lane.orders) order.set_value(stopped_before_end_of(lane.job.name));
  lane.orders.clear();
}

void Scheduler::wait_until_due(Lane& lane) {
  clock_.sleep(std::max(lane.due - clock_.monotonic(), Milliseconds{0}), [&] {
    const std::lock_guard lock(mutex_);
    return stopping_ || !lane.orders.empty();
  });
}

std::optional<Scheduler::Orders> Scheduler::take_turn(Lane& lane) {
  std::unique_lock lock(mutex_);
  auto& turns = turns_[lane.job.group];
  turns.push_back(&lane);
  changed_.wait(lock, [&] { return stopping_ || (pauses_ == 0 && turns.front() == &lane); });
  if (stopping_) return std::nullopt;
  lane.running = true;
  return std::exchange(lane.orders, {});
}

void Scheduler::run(Lane& lane, Orders orders) {
  const auto began = clock_.monotonic();
  const RunEnd end = work(lane.job, orders.empty() ? Reason::due : Reason::ordered);
  if (!end.well) failed_(lane.job.name, end);
  const auto interval = lane.job.interval();
  const auto ended = clock_.monotonic();
  {
    const std::lock_guard lock(mutex_);
    lane.running = false;
    lane.last_duration = ended - began;
    lane.failures = end.well ? 0 : lane.failures + 1;
    lane.due = ended + share_of(backed_off(interval, lane.failures),
                                lane.random_between(1 - kJitterShare, 1 + kJitterShare));
    if (end.well && asked_to_stop()) {  // it may have left something
      lane.due = ended;
      std::move(orders.begin(), orders.end(), std::back_inserter(lane.orders));
      orders.clear();
    }
    turns_[lane.job.group].pop_front();
    changed_.notify_all();
  }
  for (auto& order : orders) order.set_value(end);
}

RunEnd Scheduler::work(const Job& job, Reason reason) const {
  try {
    job.work(reason, [this] { return asked_to_stop(); });
    return {};
  } catch (const Error& error) {
    if (asked_to_stop() && error.error_class() == ErrorClass::cancelled) return {};
    return {false, std::string(error.code()), error.message()};
  } catch (const std::exception& error) {
    return {false, {}, error.what()};
  } catch (...) {
    return {false, {}, "It threw something that is no exception."};
  }
}

Scheduler::Lane& Scheduler::lane_named(std::string_view name) const {
  std::vector<std::string_view> names;
  for (const auto& lane : lanes_) {
    if (lane->job.name == name) return *lane;
    names.push_back(lane->job.name);
  }
  throw Error("PB1602",
              "No pipeline \"" + std::string(name) + "\" is scheduled." + did_you_mean(name, names));
}

Scheduler::Pause::Pause(Scheduler& scheduler) : scheduler_(scheduler) {
  std::unique_lock lock(scheduler_.mutex_);
  ++scheduler_.pauses_;
  scheduler_.changed_.wait(lock, [&] {
    return std::none_of(scheduler_.lanes_.begin(), scheduler_.lanes_.end(),
                        [](const auto& lane) { return lane->running; });
  });
}

Scheduler::Pause::~Pause() {
  const std::lock_guard lock(scheduler_.mutex_);
  --scheduler_.pauses_;
  scheduler_.changed_.notify_all();
}

}  // namespace psabridge::serve
