#include "tests/bench/webhooks.h"

#include <sys/resource.h>

#include <algorithm>
#include <cerrno>
#include <iostream>
#include <string>
#include <system_error>

#include "tests/bench/load.h"
#include "tests/bench/plain_group_commit.h"
#include "tests/bench/receiver.h"

namespace psabridge::bench {
namespace {

constexpr int kRounds = 3;  // of each kind, in turns, for a disk and a machine that are noisy
constexpr double kShareOfPlainCommits = 0.60;
constexpr std::int64_t kPerSecond = 1000;
constexpr std::size_t kHonestCallers = 32, kSlowCallers = 2000;
constexpr std::size_t kAppends = 300;
constexpr double kAcknowledged = 100;      // ms
constexpr double kAcknowledgedSyncs = 50;  // medians of fdatasync
constexpr double kSlowdown = 2;
constexpr double kMemoryOfSlowCallers = 64;      // MB
constexpr std::size_t kFirstDeliveries = 6'000;  // so many are decoded ahead, and later ones wait

void say(const std::string& text) { std::cerr << "bench: " << text << std::endl; }

double median(std::vector<double> values) {
  const auto middle = values.begin() + std::ssize(values) / 2;
  std::ranges::nth_element(values, middle);
  return *middle;
}

/// Of ascending values.
double quantile(const std::vector<double>& values, double share) {
  if (values.empty()) return 0;
  return values[static_cast<std::size_t>(share * static_cast<double>(values.size() - 1))];
}

/// A receiver, and what it acknowledged.
class Intake {
 public:
  explicit Intake(const Plan& plan) : plan_(plan), receiver_(plan.programs / "psabridge") {
    deliver(64, 0, kFirstDeliveries);
    receiver_.take_peak_memory();
  }

  const Receiver& receiver() const { return receiver_; }
  /// At the load's own pace.
  LoadFigures deliver(std::size_t connections, std::int64_t per_second, std::size_t count) {
    const auto requests = receiver_.make_deliveries(count);
    const LoadFigures figures =
        send_all({.port = receiver_.port(), .connections = connections, .per_second = per_second}, requests);
    accepted_ += figures.accepted;
    return figures;
  }
  LoadFigures deliver_on_schedule() {
    return deliver(kHonestCallers, kPerSecond, static_cast<std::size_t>(plan_.load_seconds * kPerSecond));
  }
  Figure journal(const std::string& after) const {
    const std::int64_t kept = receiver_.kept();
    return {"webhooks: deliveries in the journal after " + after,
            static_cast<double>(kept),
            "deliveries",
            static_cast<double>(accepted_),
            "answered 202",
            "as many",
            kept == accepted_};
  }

 private:
  const Plan& plan_;
  Receiver receiver_;
  std::int64_t accepted_ = 0;
};

std::vector<std::string> envelopes(std::size_t count) {
  std::vector<std::string> rows;
  for (std::size_t i = 0; i < count; ++i) rows.push_back(envelope(i));
  return rows;
}

std::vector<Figure> intake_rate(Intake& intake, std::size_t callers, std::size_t count) {
  const std::string who = std::to_string(callers);
  say(std::to_string(count) + " deliveries from " + who +
      " connections, and as many rows committed plainly, " + std::to_string(kRounds) + " times");
  const auto rows = envelopes(count);
  std::vector<double> ours, theirs;
  std::int64_t lost = 0;
  for (int round = 0; round < kRounds; ++round) {
    const LoadFigures figures = intake.deliver(callers, 0, count);
    lost += figures.lost;
    ours.push_back(static_cast<double>(figures.accepted) / figures.elapsed.count());
    const auto plain = commit_in_groups(intake.receiver().folder() / "plain.db", rows, callers);
    theirs.push_back(static_cast<double>(count) / plain.count());
    say(std::to_string(static_cast<int>(ours.back())) + "/s, plainly " +
        std::to_string(static_cast<int>(theirs.back())) + "/s");
  }
  const double measured = median(ours), yardstick = median(theirs);
  return {{"webhooks: intake from " + who + " connections", measured, "deliveries/s", yardstick,
           "plain SQLite, " + who + " threads share commits", "at least 60 % of it",
           measured >= kShareOfPlainCommits * yardstick},
          {"webhooks: not taken from " + who + " connections", static_cast<double>(lost), "deliveries", 0,
           "all are genuine", "none", lost == 0},
          intake.journal("them")};
}

std::vector<Figure> acknowledgements(Intake& intake) {
  say("deliveries at " + std::to_string(kPerSecond) + "/s");
  const auto disk = append_times(intake.receiver().folder() / "appended", kAppends);
  const LoadFigures figures = intake.deliver_on_schedule();
  const double syncs = quantile(disk, 0.5), limit = std::max(kAcknowledged, kAcknowledgedSyncs * syncs);
  const double slowest = quantile(figures.latencies, 0.99);
  return {{"webhooks: acknowledged at 1,000/s, p50", quantile(figures.latencies, 0.5), "ms", syncs,
           "8 KB and fdatasync, p50", "stated", true},
          {"webhooks: acknowledged at 1,000/s, p99", slowest, "ms", quantile(disk, 0.99),
           "8 KB and fdatasync, p99", "stated", true},
          {"webhooks: acknowledged at 1,000/s, p99", slowest, "ms", limit, "100 ms, or 50 p50 of fdatasync",
           "at most it", slowest <= limit},
          {"webhooks: not taken at 1,000/s", static_cast<double>(figures.lost), "deliveries", 0,
           "all are genuine", "none", figures.lost == 0},
          intake.journal("them")};
}

std::vector<Figure> slow_callers(Intake& intake) {
  say("the same with and without " + std::to_string(kSlowCallers) + " slow callers");
  std::vector<double> calm, beset;
  double calm_memory = 0, beset_memory = 0;
  std::int64_t lost = 0;
  for (int round = 0; round < kRounds; ++round) {
    intake.receiver().take_peak_memory();
    calm.push_back(quantile(intake.deliver_on_schedule().latencies, 0.99));
    calm_memory = round == 0 ? intake.receiver().take_peak_memory() : calm_memory;
    const SlowCallers slow(intake.receiver().port(), kSlowCallers);
    const LoadFigures figures = intake.deliver_on_schedule();
    beset.push_back(quantile(figures.latencies, 0.99));
    beset_memory = std::max(beset_memory, intake.receiver().take_peak_memory());
    lost += figures.lost;
    say("p99 " + std::to_string(calm.back()) + " ms, with " + std::to_string(slow.opened()) +
        " slow connections " + std::to_string(beset.back()) + " ms");
  }
  const double slowest = median(beset), before = median(calm), memory = beset_memory - calm_memory;
  return {{"webhooks: p99 with 2,000 slow callers", slowest, "ms", before, "without them", "under 2 times it",
           slowest < kSlowdown * before},
          {"webhooks: memory for 2,000 slow callers", memory, "MB", kMemoryOfSlowCallers, "the limit",
           "under it", memory < kMemoryOfSlowCallers},
          {"webhooks: not taken with 2,000 slow callers", static_cast<double>(lost), "deliveries", 0,
           "all are genuine", "none", lost == 0},
          intake.journal("them")};
}

/// For the slow callers here, and for the daemon, which inherits it.
void raise_descriptor_limit() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  if (setrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_max < 2 * kSlowCallers)
    throw std::system_error(EMFILE, std::generic_category(), "The bench needs 4,000 descriptors");
}

}  // namespace

std::vector<Figure> measure_webhooks(const Plan& plan) {
  raise_descriptor_limit();
  Intake intake(plan);
  std::vector<Figure> figures;
  const auto add = [&](std::vector<Figure> more) { figures.insert(figures.end(), more.begin(), more.end()); };
  for (const std::size_t callers : {64, 128}) add(intake_rate(intake, callers, plan.deliveries));
  add(acknowledgements(intake));
  add(slow_callers(intake));
  return figures;
}

}  // namespace psabridge::bench
