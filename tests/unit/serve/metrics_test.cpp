#include "core/serve/metrics.h"

#include <unistd.h>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <chrono>
#include <stdexcept>
#include <thread>

#include "core/serve/metric_catalog.h"
#include "core/serve/process_metrics.h"
#include "tests/integration/process.h"

namespace psabridge::serve {
namespace {

using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::EndsWith;
using Catch::Matchers::MessageMatches;

constexpr Metric kRequests{MetricKind::counter,
                           "psabridge_requests",
                           "",
                           "Requests, by \"result\".\nAll of them.",
                           {"from", "result"}};
constexpr Metric kDepth{MetricKind::gauge, "psabridge_depth", "", "How deep."};
constexpr Metric kWait{MetricKind::histogram, "psabridge_wait_seconds", "seconds", "How long.", {"queue"}};

/// What the strict parser of the Prometheus client makes of a page. Skips the test where that is not
/// installed.
std::string strictly_read(const std::string& page) {
  const auto outcome = integration::run({"/usr/bin/python3", PSABRIDGE_CHECK_OPENMETRICS},
                                        {.environment = {}, .largest_file = {}, .input = page});
  if (outcome.exit_status == 4) SKIP("python3-prometheus-client is not installed");
  INFO(page);
  INFO(outcome.describe());
  REQUIRE(outcome.exit_status == 0);
  return outcome.out;
}

MetricsPage::Failed nobody_fails() {
  return [](std::string_view part, std::string_view why) {
    throw std::logic_error(std::string(part) + " failed: " + std::string(why));
  };
}

}  // namespace

TEST_CASE("A page has its families sorted and whole, whoever adds to them in whatever order") {
  MetricsText text;
  text.add(kRequests, {"b", "ok"}, 2);
  text.add(kDepth, {}, 0.5);
  text.add(kRequests, {"a"}, 1e6);
  CHECK(text.whole() ==
        "# TYPE psabridge_depth gauge\n"
        "# HELP psabridge_depth How deep.\n"
        "psabridge_depth 0.5\n"
        "# TYPE psabridge_requests counter\n"
        "# HELP psabridge_requests Requests, by \\\"result\\\".\\nAll of them.\n"
        "psabridge_requests_total{from=\"b\",result=\"ok\"} 2.0\n"
        "psabridge_requests_total{from=\"a\"} 1e+06\n"
        "# EOF\n");
}

TEST_CASE("A histogram counts into the bucket whose bound is not below") {
  constexpr static std::array kBounds{0.01, 1.0};
  Histogram histogram(kBounds);
  for (const std::chrono::microseconds span : {-1us, 0us, 10'000us, 10'001us, 1'000'000us, 2'000'000us})
    histogram.observe(span);
  MetricsText text;
  text.add(kWait, {"events"}, histogram.value());
  CHECK(text.whole() ==
        "# TYPE psabridge_wait_seconds histogram\n"
        "# UNIT psabridge_wait_seconds seconds\n"
        "# HELP psabridge_wait_seconds How long.\n"
        "psabridge_wait_seconds_bucket{queue=\"events\",le=\"0.01\"} 3\n"
        "psabridge_wait_seconds_bucket{queue=\"events\",le=\"1.0\"} 5\n"
        "psabridge_wait_seconds_bucket{queue=\"events\",le=\"+Inf\"} 6\n"
        "psabridge_wait_seconds_count{queue=\"events\"} 6\n"
        "psabridge_wait_seconds_sum{queue=\"events\"} 3.020001\n"
        "# EOF\n");
}

TEST_CASE("What would make a page unreadable is refused as a defect") {
  MetricsText text;
  text.add(kRequests, {"a", "ok"}, 1);
  CHECK_THROWS_MATCHES(text.add(kRequests, {"a", "ok"}, 1), std::logic_error,
                       MessageMatches(ContainsSubstring("psabridge_requests") && ContainsSubstring("twice")));
  CHECK_THROWS_MATCHES(text.add(kDepth, {"a"}, 1), std::logic_error,
                       MessageMatches(ContainsSubstring("no label")));
  CHECK_THROWS_MATCHES(text.add(kWait, {}, 1), std::logic_error,
                       MessageMatches(ContainsSubstring("histogram")));
  CHECK_THROWS_MATCHES(text.add(kDepth, {}, Histogram().value()), std::logic_error,
                       MessageMatches(ContainsSubstring("no histogram")));
}

TEST_CASE("A part that fails costs only its own figures, and is counted") {
  std::vector<std::string> failures;
  MetricsPage page([&](std::string_view part, std::string_view why) {
    failures.push_back(std::string(part) + ": " + std::string(why));
  });
  page.add("queue", [](MetricsText&) { throw std::runtime_error("the disk is gone"); });
  page.add("depth", [](MetricsText& text) { text.add(kDepth, {}, 7); });
  page.text();
  const std::string text = page.text();
  CHECK(failures == std::vector<std::string>{"queue: the disk is gone", "queue: the disk is gone"});
  CHECK_THAT(text, ContainsSubstring("psabridge_depth 7.0\n") &&
                       ContainsSubstring("psabridge_metrics_failures_total{part=\"queue\"} 2.0\n"));
}

TEST_CASE("Values are counted from many threads while the page is read") {
  Labelled<Counter> requests;
  Gauge depth;
  Histogram wait;
  MetricsPage page(nobody_fails());
  page.add("test", [&](MetricsText& text) {
    text.add(kRequests, requests);
    text.add(kDepth, {}, depth.value());
    text.add(kWait, {}, wait.value());
  });
  constexpr int kThreads = 4, kRounds = 2'000;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < kThreads; ++i)
      threads.emplace_back([&, name = std::to_string(i % 2)] {
        for (int round = 0; round < kRounds; ++round) {
          requests.at({name, "ok"}).add();
          depth.add(1);
          depth.add(-0.5);
          wait.observe(3ms);
        }
      });
    for (int i = 0; i < 50; ++i) CHECK_THAT(page.text(), EndsWith("# EOF\n"));
  }
  CHECK_THAT(page.text(),
             ContainsSubstring("psabridge_requests_total{from=\"0\",result=\"ok\"} 4000.0\n") &&
                 ContainsSubstring("psabridge_requests_total{from=\"1\",result=\"ok\"} 4000.0\n") &&
                 ContainsSubstring("psabridge_depth 4000.0\n") &&
                 ContainsSubstring("psabridge_wait_seconds_bucket{le=\"0.005\"} 8000\n") &&
                 ContainsSubstring("psabridge_wait_seconds_sum 24.0\n"));
}

TEST_CASE("The process says its memory, its descriptors and its start") {
  const auto figures = [] {
    MetricsText text;
    add_process_metrics(text);
    return text.whole();
  };
  const auto value = [](const std::string& page, std::string_view name) {
    const auto line = page.find("\n" + std::string(name) + " ");
    REQUIRE(line != std::string::npos);
    return std::stod(page.substr(line + name.size() + 2));
  };
  const std::string before = figures();
  const int extra[] = {::dup(0), ::dup(0), ::dup(0)};
  const std::string after = figures();
  for (const int descriptor : extra) ::close(descriptor);
  CHECK(value(after, "process_open_fds") == value(before, "process_open_fds") + 3);
  CHECK(value(after, "process_resident_memory_bytes") > 1 << 20);
  const double now =
      std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  CHECK(value(after, "process_start_time_seconds") <= now + 1);
  CHECK(value(after, "process_start_time_seconds") > now - 3600);
}

TEST_CASE("The strict parser of the Prometheus client takes every metric, with its labels as they were") {
  const std::string awkward = "back\\slash \"quote\" new\nline, comma=}{ \xC3\xA9\r";
  Labelled<Counter> requests, records, refused, failures;
  requests.at({awkward, "refused", "signature"}).add(3);
  requests.at({"acme", "accepted"}).add(2);
  records.at({"acme", "ticket", "created"}).add(1'000'000);
  refused.at({"webhooks", "too_slow"}).add();
  Labelled<Histogram> waits;
  waits.at({"a"}).observe(7ms);
  waits.at({"b"}).observe(20s);
  Histogram quick, runs(kLongBounds);
  runs.observe(90s);

  MetricsPage page(nobody_fails());
  page.add("everything", [&](MetricsText& text) {
    text.add(kBuild, {"0.1.0"}, 1);
    text.add(kWebhookRequests, requests);
    text.add(kWebhookAckDuration, {"acme"}, quick.value());
    for (const Metric* histogram : {&kEventProcessDuration, &kEventQueueDuration})
      text.add(*histogram, {}, quick.value());
    text.add(kWait, waits);
    text.add(kSyncRunDuration, {}, runs.value());
    for (const Metric* one_label :
         {&kWebhookMissed, &kSourceRequests, &kSourceBudget, &kSyncLag, &kQueueDepth, &kDeadLetters})
      text.add(*one_label, {"acme"}, 1.5);
    text.add(kEvents, {"acme", "done"}, 4);
    text.add(kSyncRuns, {"acme", "done"}, 5);
    text.add(kSyncRecords, records);
    text.add(kQueueOldestAge, {}, 12.25);
    text.add(kHttpConnections, {"webhooks"}, 3);
    text.add(kHttpRefused, refused);
    text.add(kRequests, failures);
  });
  page.add("process", add_process_metrics);

  const std::string samples = strictly_read(page.text());
  CHECK_THAT(samples,
             ContainsSubstring("psabridge_build_info{version=0.1.0} 1\n") &&
                 ContainsSubstring("psabridge_webhook_requests_total{connection=" + awkward +
                                   ",reason=signature,result=refused} 3\n") &&
                 ContainsSubstring("psabridge_webhook_requests_total{connection=acme,result=accepted} 2\n") &&
                 ContainsSubstring(
                     "psabridge_sync_records_total{entity=ticket,outcome=created,pipeline=acme} 1e+06\n") &&
                 ContainsSubstring("psabridge_wait_seconds_bucket{le=0.005,queue=a} 0\n") &&
                 ContainsSubstring("psabridge_wait_seconds_bucket{le=0.01,queue=a} 1\n") &&
                 ContainsSubstring("psabridge_wait_seconds_bucket{le=10.0,queue=b} 0\n") &&
                 ContainsSubstring("psabridge_wait_seconds_bucket{le=+Inf,queue=b} 1\n") &&
                 ContainsSubstring("psabridge_webhook_ack_duration_seconds_count{connection=acme} 0\n") &&
                 ContainsSubstring("psabridge_sync_run_duration_seconds_bucket{le=60.0} 0\n") &&
                 ContainsSubstring("psabridge_sync_run_duration_seconds_bucket{le=300.0} 1\n") &&
                 ContainsSubstring("psabridge_sync_run_duration_seconds_sum{} 90\n") &&
                 ContainsSubstring("psabridge_queue_oldest_age_seconds{} 12.25\n") &&
                 ContainsSubstring("psabridge_http_refused_total{reason=too_slow,server=webhooks} 1\n") &&
                 ContainsSubstring("process_open_fds{} "));
}

TEST_CASE("A page without any figure is still a page") {
  const std::string samples = strictly_read(MetricsText().whole());
  CHECK(samples.empty());
}

}  // namespace psabridge::serve
