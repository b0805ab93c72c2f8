#include "core/serve/metrics.h"

#include <charconv>
#include <cmath>
#include <stdexcept>

#include "core/serve/metric_catalog.h"

namespace psabridge::serve {
namespace {

/// Whole numbers get ".0": the form that OpenMetrics wants for the bounds of buckets.
std::string number(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  std::array<char, 32> digits{};
  const auto end = std::to_chars(digits.begin(), digits.end(), value).ptr;
  std::string text(digits.begin(), end);
  if (text.find_first_of(".e") == std::string::npos) text += ".0";
  return text;
}

std::string escaped(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == '\n') {
      result += "\\n";
      continue;
    }
    if (c == '\\' || c == '"') result += '\\';
    result += c;
  }
  return result;
}

/// `name="value",name="value"`; a label without a value is the same as no label.
std::string labels_text(const Metric& metric, const LabelValues& values) {
  std::string text;
  for (std::size_t i = 0; i < kMostLabels; ++i) {
    if (values[i].empty()) continue;
    if (metric.labels[i].empty())
      throw std::logic_error("metric " + std::string(metric.name) + " has no label for \"" +
                             std::string(values[i]) + "\"");
    if (!text.empty()) text += ',';
    text.append(metric.labels[i]).append("=\"").append(escaped(values[i])).append("\"");
  }
  return text;
}

std::string sample(const Metric& metric, std::string_view suffix, const std::string& labels,
                   const std::string& value) {
  std::string line(metric.name);
  line += suffix;
  if (!labels.empty()) line.append("{").append(labels).append("}");
  return line.append(" ").append(value).append("\n");
}

std::string bucket(const Metric& metric, const std::string& labels, const std::string& bound,
                   std::uint64_t count) {
  return sample(metric, "_bucket", labels + (labels.empty() ? "" : ",") + "le=\"" + bound + "\"",
                std::to_string(count));
}

std::string_view name_of(MetricKind kind) {
  switch (kind) {
    case MetricKind::counter:
      return "counter";
    case MetricKind::gauge:
      return "gauge";
    case MetricKind::histogram:
      return "histogram";
    case MetricKind::info:
      return "info";
  }
  return "unknown";
}

std::string_view suffix_of(MetricKind kind) {
  return kind == MetricKind::counter ? "_total" : kind == MetricKind::info ? "_info" : "";
}

std::string heading(const Metric& metric) {
  const std::string name(metric.name);
  std::string text = "# TYPE " + name + " " + std::string(name_of(metric.kind)) + "\n";
  if (!metric.unit.empty()) text += "# UNIT " + name + " " + std::string(metric.unit) + "\n";
  return text + "# HELP " + name + " " + escaped(metric.help) + "\n";
}

}  // namespace

void Histogram::observe(std::chrono::microseconds span) noexcept {
  const auto microseconds = std::max<std::chrono::microseconds::rep>(span.count(), 0);
  const auto bound =
      std::lower_bound(bounds_.begin(), bounds_.end(), static_cast<double>(microseconds) / 1e6);
  const auto index = static_cast<std::size_t>(bound - bounds_.begin());
  microseconds_.fetch_add(static_cast<std::uint64_t>(microseconds), std::memory_order_relaxed);
  counts_[index].fetch_add(1, std::memory_order_relaxed);
}

Distribution Histogram::value() const {
  Distribution result{bounds_, {}, 0};
  for (const auto& count : counts_) result.counts.push_back(count.load(std::memory_order_relaxed));
  result.sum = static_cast<double>(microseconds_.load(std::memory_order_relaxed)) / 1e6;
  return result;
}

void MetricsText::add(const Metric& metric, const LabelValues& labels, double value) {
  if (metric.kind == MetricKind::histogram)
    throw std::logic_error("metric " + std::string(metric.name) + " is a histogram and was given one number");
  const std::string text = labels_text(metric, labels);
  family_with(metric, text).samples += sample(metric, suffix_of(metric.kind), text, number(value));
}

void MetricsText::add(const Metric& metric, const LabelValues& labels, const Distribution& distribution) {
  if (metric.kind != MetricKind::histogram)
    throw std::logic_error("metric " + std::string(metric.name) +
                           " is no histogram and was given a distribution");
  const std::string text = labels_text(metric, labels);
  std::string& samples = family_with(metric, text).samples;
  std::uint64_t count = 0;
  for (std::size_t i = 0; i < distribution.bounds.size(); ++i) {
    count += distribution.counts.at(i);
    samples += bucket(metric, text, number(distribution.bounds[i]), count);
  }
  count += distribution.counts.back();
  samples += bucket(metric, text, "+Inf", count);
  samples += sample(metric, "_count", text, std::to_string(count));
  samples += sample(metric, "_sum", text, number(distribution.sum));
}

MetricsText::Family& MetricsText::family_with(const Metric& metric, const std::string& labels) {
  Family& family = families_[metric.name];
  if (!family.metric) family.metric = &metric;
  if (!family.series.insert(labels).second)
    throw std::logic_error("metric " + std::string(metric.name) + " has the series {" + labels + "} twice");
  return family;
}

std::string MetricsText::whole() const {
  std::string text;
  for (const auto& [name, family] : families_) text += heading(*family.metric) + family.samples;
  return text + "# EOF\n";
}

void MetricsPage::add(std::string part, Collect collect) {
  const std::lock_guard lock(mutex_);
  parts_.emplace_back(std::move(part), std::move(collect));
}

std::string MetricsPage::text() {
  const std::lock_guard lock(mutex_);
  MetricsText text;
  for (const auto& [part, collect] : parts_) {
    try {
      collect(text);
    } catch (const std::exception& error) {
      failures_.at({part}).add();
      failed_(part, error.what());
    }
  }
  text.add(kMetricsFailures, failures_);
  return text.whole();
}

}  // namespace psabridge::serve
