#include "tests/sandbox/faults.h"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <stdexcept>

namespace sandbox {
namespace {

constexpr std::string_view kLoginPage =
    "<!DOCTYPE html><html><head><title>Sign in</title></head><body><form "
    "action=\"/auth/login\"></form></body></html>";
constexpr std::string_view kAuthorizeErrorPage =
    "<!DOCTYPE html><html><head><title>Error</title></head><body><pre>error:invalid_request\n"
    "error_description:The specified 'redirect_uri' is not valid for this client application.</pre></body>"
    "</html>";
constexpr std::string_view kPortalPage =
    "<!DOCTYPE html><html><head><title>HaloPSA</title></head><body><div id=\"app\"></div></body></html>";
constexpr std::string_view kGatewayPage =
    "<html><head><title>Error</title></head><body><h1>The gateway did not get an answer</h1></body></html>";
constexpr std::string_view kMaintenancePage =
    "<html><head><title>Maintenance</title></head><body><h1>We are upgrading your system</h1></body></html>";

constexpr FaultSpec kTable[] = {
#define CANNED(name, resource, times, status, content_type, retry_after, body, description) \
  {Fault::name, #name, resource, times, 0, description, status, content_type, retry_after, body},
#define BEHAVIOUR(name, resource, times, value, description) \
  {Fault::name, #name, resource, times, value, description, 0, "", "", ""},
#include "tests/sandbox/faults.inc"
#undef CANNED
#undef BEHAVIOUR
};

const FaultSpec& spec_named(std::string_view name) {
  const auto* found = std::find_if(std::begin(kTable), std::end(kTable),
                                   [&](const FaultSpec& spec) { return spec.name == name; });
  if (found == std::end(kTable)) {
    throw std::invalid_argument("There is no fault \"" + std::string(name) +
                                "\"; GET /__sandbox/faults lists them.");
  }
  return *found;
}

// What "" leaves out: it stands for resources of the API that need a token.
bool is_outside_api(std::string_view resource) {
  constexpr std::string_view kOutside[] = {"token",    "authorize", "discovery",
                                           "authinfo", "portal",    "delivery"};
  return std::find(std::begin(kOutside), std::end(kOutside), resource) != std::end(kOutside);
}

// Where a fault that was switched on strikes.
bool covers(std::string_view where, std::string_view resource) {
  if (where == kEverywhere) return true;
  return where.empty() ? !is_outside_api(resource) : where == resource;
}

std::int64_t number_or(const boost::json::object& object, std::string_view key, std::int64_t fallback) {
  const auto* value = object.if_contains(key);
  return value != nullptr && value->is_int64() ? value->get_int64() : fallback;
}

}  // namespace

std::span<const FaultSpec> fault_table() { return kTable; }

Faults::State Faults::switched(const FaultSpec& spec, const boost::json::value& setting) {
  if (!setting.is_bool() && !setting.is_object()) {
    throw std::invalid_argument("The setting of fault \"" + std::string(spec.name) +
                                "\" must be true, false or an object.");
  }
  const boost::json::object parameters = setting.is_object() ? setting.get_object() : boost::json::object();
  constexpr std::string_view kKnown[] = {"after", "times", "value", "window_ms", "resource"};
  for (const auto& [key, value] : parameters) {
    if (std::find(std::begin(kKnown), std::end(kKnown), std::string_view(key)) == std::end(kKnown)) {
      throw std::invalid_argument("Fault \"" + std::string(spec.name) + "\" has no parameter \"" +
                                  std::string(key) + "\".");
    }
  }
  State state;
  state.on = setting.is_object() || setting.get_bool();
  state.after = number_or(parameters, "after", 0);
  const std::int64_t times = number_or(parameters, "times", spec.times);
  state.remaining = times == 0 ? -1 : times;
  state.value = number_or(parameters, "value", spec.value);
  state.window_ms = number_or(parameters, "window_ms", state.window_ms);
  const auto* resource = parameters.if_contains("resource");
  state.resource = resource != nullptr && resource->is_string() ? std::string(resource->get_string())
                                                                : std::string(spec.resource);
  return state;
}

void Faults::apply(const boost::json::object& changes) {
  const std::scoped_lock lock(mutex_);
  auto states = states_;
  const auto* all = changes.if_contains("all");
  if (all != nullptr) states.fill(State());
  for (const auto& [key, setting] : changes) {
    if (key == "all") continue;
    const FaultSpec& spec = spec_named(key);
    states[static_cast<std::size_t>(spec.fault)] = switched(spec, setting);
  }
  states_ = std::move(states);
  window_requests_ = 0;
  active_ =
      static_cast<int>(std::count_if(states_.begin(), states_.end(), [](const State& s) { return s.on; }));
}

void Faults::switch_all_off() { apply({{"all", false}}); }

std::optional<std::int64_t> Faults::strikes_locked(Fault fault, std::string_view resource) {
  State& it = state(fault);
  if (!it.on || it.remaining == 0 || !covers(it.resource, resource)) return std::nullopt;
  if (it.after > 0) {
    --it.after;
    return std::nullopt;
  }
  if (it.remaining > 0) --it.remaining;
  ++it.struck;
  return it.value;
}

std::optional<std::int64_t> Faults::strikes(Fault fault, std::string_view resource) {
  if (active_.load(std::memory_order_relaxed) == 0) return std::nullopt;
  const std::scoped_lock lock(mutex_);
  return strikes_locked(fault, resource);
}

const FaultSpec* Faults::canned_answer(std::string_view resource) {
  if (active_.load(std::memory_order_relaxed) == 0) return nullptr;
  const std::scoped_lock lock(mutex_);
  for (const FaultSpec& spec : kTable) {
    if (spec.status != 0 && strikes_locked(spec.fault, resource)) return &spec;
  }
  return nullptr;
}

RateVerdict Faults::count_request(std::string_view resource, std::int64_t now_ms) {
  if (active_.load(std::memory_order_relaxed) == 0) return {};
  const std::scoped_lock lock(mutex_);
  const auto enforced = strikes_locked(Fault::rate_limit, resource);
  const auto told = strikes_locked(Fault::rate_limit_headers, resource);
  if (!enforced && !told) return {};
  const std::int64_t window = state(enforced ? Fault::rate_limit : Fault::rate_limit_headers).window_ms;
  if (window_requests_ == 0 || now_ms - window_start_ms_ >= window) {
    window_start_ms_ = now_ms;
    window_requests_ = 0;
  }
  ++window_requests_;
  const std::int64_t limit = enforced.value_or(told.value_or(0));
  RateVerdict verdict;
  verdict.limit = limit;
  verdict.remaining = std::max<std::int64_t>(limit - window_requests_, 0);
  verdict.reset_ms = window_start_ms_ + window - now_ms;
  verdict.refused = enforced && window_requests_ > limit;
  verdict.told = told.has_value();
  return verdict;
}

ValueQuirks Faults::value_quirks(std::string_view resource) {
  ValueQuirks quirks;
  if (active_.load(std::memory_order_relaxed) == 0) return quirks;
  const std::scoped_lock lock(mutex_);
  quirks.text_ids = strikes_locked(Fault::text_ids, resource).has_value();
  quirks.zoned_dates = strikes_locked(Fault::zoned_dates, resource).has_value();
  quirks.headline_nul = strikes_locked(Fault::values_with_nul, resource).has_value();
  quirks.headline_mojibake = strikes_locked(Fault::values_with_mojibake, resource).has_value();
  quirks.headline_invalid_utf8 = strikes_locked(Fault::values_with_invalid_utf8, resource).has_value();
  quirks.headline_huge = strikes_locked(Fault::values_huge, resource).value_or(0);
  quirks.headline_missing_every = strikes_locked(Fault::values_missing, resource).value_or(0);
  return quirks;
}

std::string Faults::describe() const {
  const std::scoped_lock lock(mutex_);
  boost::json::array faults;
  for (const FaultSpec& spec : kTable) {
    const State& state = states_[static_cast<std::size_t>(spec.fault)];
    faults.push_back({{"name", spec.name},
                      {"description", spec.description},
                      {"resource", state.on ? std::string_view(state.resource) : spec.resource},
                      {"times", spec.times},
                      {"value", state.on ? state.value : spec.value},
                      {"status", spec.status},
                      {"on", state.on},
                      {"struck", state.struck}});
  }
  return boost::json::serialize(faults);
}

}  // namespace sandbox
