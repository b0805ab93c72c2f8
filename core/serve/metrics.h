// Figures for Prometheus and its kin: values that busy threads count in, and the page that shows them in the
// text form of OpenMetrics 1.0. Every part owns its values; a page collects them when it is asked for.
#pragma once
#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/clock.h"

namespace psabridge::serve {

/// What the answer that carries a page says about it.
constexpr std::string_view kMetricsContentType = "application/openmetrics-text; version=1.0.0; charset=utf-8";

enum class MetricKind : std::uint8_t { counter, gauge, histogram, info };

constexpr std::size_t kMostLabels = 3;
/// Values of a metric's labels, in the order of their names; those beyond are empty. UTF-8. Only what is few
/// belongs here, names from the configuration and of states: every set of values is a series for ever.
using LabelValues = std::array<std::string_view, kMostLabels>;

/// One family of series; all are in metric_catalog.h.
struct Metric {
  MetricKind kind;
  std::string_view name;  ///< ends with the unit, when there is one; without the suffixes _total and _info
  std::string_view unit;  ///< "seconds", "bytes" or empty
  std::string_view help;
  LabelValues labels = {};  ///< names
};

/// Only grows. Thread-safe; one atomic addition.
class Counter {
 public:
  void add(std::uint64_t more = 1) noexcept { value_.fetch_add(more, std::memory_order_relaxed); }
  double value() const noexcept { return static_cast<double>(value_.load(std::memory_order_relaxed)); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

/// Goes up and down. Thread-safe.
class Gauge {
 public:
  void set(double value) noexcept { value_.store(value, std::memory_order_relaxed); }
  void add(double change) noexcept { value_.fetch_add(change, std::memory_order_relaxed); }
  double value() const noexcept { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<double> value_{0};
};

/// What a histogram has seen.
struct Distribution {
  std::span<const double> bounds;     ///< ascending, seconds; live for ever
  std::vector<std::uint64_t> counts;  ///< in each bucket alone; the last one is for what is beyond all bounds
  double sum = 0;                     ///< seconds
};

/// Upper bounds of buckets, in seconds: of what somebody waits for, and of whole runs.
inline constexpr std::array kQuickBounds{0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0};
inline constexpr std::array kLongBounds{1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 1800.0, 3600.0, 7200.0};

/// How long things took. Thread-safe; two atomic additions.
class Histogram {
 public:
  /// `bounds` live for ever.
  explicit Histogram(std::span<const double> bounds = kQuickBounds)
      : bounds_(bounds), counts_(bounds.size() + 1) {}
  /// A negative span counts as none.
  void observe(std::chrono::microseconds span) noexcept;
  /// An observation that is made meanwhile may be in the counts and not yet in the sum.
  Distribution value() const;

 private:
  const std::span<const double> bounds_;
  std::vector<std::atomic<std::uint64_t>> counts_;
  std::atomic<std::uint64_t> microseconds_{0};
};

/// A value for each set of labels. Thread-safe.
template <class Value>
class Labelled {
 public:
  /// Made when it is new; lives as long as this.
  Value& at(const LabelValues& labels) {
    const std::lock_guard lock(mutex_);
    if (const auto found = values_.find(labels); found != values_.end()) return found->second;
    Key key;
    std::copy(labels.begin(), labels.end(), key.begin());
    return values_.try_emplace(std::move(key)).first->second;
  }
  /// Calls `visit(labels, value)` for each, in the order of the labels. It must not come back here.
  template <class Visit>
  void for_each(const Visit& visit) const {
    const std::lock_guard lock(mutex_);
    for (const auto& [key, value] : values_) {
      LabelValues labels;
      std::copy(key.begin(), key.end(), labels.begin());
      visit(labels, value);
    }
  }

 private:
  using Key = std::array<std::string, kMostLabels>;
  struct Less {
    using is_transparent = void;
    bool operator()(const auto& a, const auto& b) const {
      return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end());
    }
  };

  mutable std::mutex mutex_;
  std::map<Key, Value, Less> values_;
};

/// The text of one page while it is written. Samples may come in any order, and from several parts for one
/// family: families are put together and sorted. A series that is there already, or a value that is not of
/// the metric's kind, is a defect: std::logic_error. One thread.
class MetricsText {
 public:
  /// `metric` outlives the text. An info has the value 1.
  void add(const Metric& metric, const LabelValues& labels, double value);
  void add(const Metric& metric, const LabelValues& labels, const Distribution& distribution);
  template <class Value>
  void add(const Metric& metric, const Labelled<Value>& values) {
    values.for_each(
        [&](const LabelValues& labels, const Value& value) { add(metric, labels, value.value()); });
  }

  std::string whole() const;

 private:
  struct Family {
    const Metric* metric = nullptr;
    std::set<std::string> series;  ///< labels of each
    std::string samples;
  };
  Family& family_with(const Metric& metric, const std::string& labels);

  std::map<std::string_view, Family> families_;  ///< by name
};

/// What /metrics shows. Thread-safe.
class MetricsPage {
 public:
  using Collect = std::function<void(MetricsText& text)>;
  /// A part that could not say its figures; the page shows those of the others.
  using Failed = std::function<void(std::string_view part, std::string_view why)>;

  /// `failed` is called during text(), and does not throw.
  explicit MetricsPage(Failed failed) : failed_(std::move(failed)) {}
  /// `collect` is called whenever the page is asked for, by that thread, one at a time. What it refers to
  /// outlives the page.
  void add(std::string part, Collect collect);
  std::string text();

 private:
  const Failed failed_;
  std::mutex mutex_;
  std::vector<std::pair<std::string, Collect>> parts_;
  Labelled<Counter> failures_;
};

}  // namespace psabridge::serve
