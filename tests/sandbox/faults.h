// The switchable faults: one table (faults.inc), and what is switched on.
#pragma once

#include <array>
#include <atomic>
#include <boost/json/object.hpp>
#include <cstdint>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "tests/sandbox/row_writer.h"

namespace sandbox {

enum class Fault : std::uint8_t {
#define CANNED(name, ...) name,
#define BEHAVIOUR(name, ...) name,
#include "tests/sandbox/faults.inc"
#undef CANNED
#undef BEHAVIOUR
};

// One line of the table.
struct FaultSpec {
  Fault fault;
  std::string_view name;
  std::string_view resource;  // where by default; "" is every API resource
  std::int64_t times;         // how often by default; 0 is for good
  std::int64_t value;         // default parameter
  std::string_view description;
  int status;  // of a canned answer; 0 for a behaviour
  std::string_view content_type;
  std::string_view retry_after;  // kHttpDate stands for a date two seconds ahead
  std::string_view body;
};

inline constexpr std::string_view kHttpDate = "<http-date>";
// As a resource: the API and everything beside it, but not the control plane.
inline constexpr std::string_view kEverywhere = "*";

// What the rate limit says of one request.
struct RateVerdict {
  bool refused = false;
  bool told = false;  // in headers
  std::int64_t limit = 0;
  std::int64_t remaining = 0;
  std::int64_t reset_ms = 0;  // until the window ends
};

std::span<const FaultSpec> fault_table();

// Thread-safe. A request that meets no active fault takes no lock.
class Faults {
 public:
  // {"name": true | false | {"after": N, "times": N, "resource": "tickets", "value": N, "window_ms": N},
  // "all": false} Throws std::invalid_argument naming what is not known; nothing is changed then.
  void apply(const boost::json::object& changes);
  void switch_all_off();

  // Whether the fault strikes this request: counts it against `after` and `times`. The value is its
  // parameter.
  std::optional<std::int64_t> strikes(Fault fault, std::string_view resource);
  // The first canned answer that strikes.
  const FaultSpec* canned_answer(std::string_view resource);
  // Counts a request for rate_limit and rate_limit_headers.
  RateVerdict count_request(std::string_view resource, std::int64_t now_ms);
  ValueQuirks value_quirks(std::string_view resource);

  // The table with what is switched on, as JSON text.
  std::string describe() const;

 private:
  struct State {
    bool on = false;
    std::int64_t after = 0;      // requests still let through
    std::int64_t remaining = 0;  // strikes left; negative is for good
    std::int64_t struck = 0;
    std::int64_t value = 0;
    std::int64_t window_ms = 60'000;
    std::string resource;
  };

  static State switched(const FaultSpec& spec, const boost::json::value& setting);
  std::optional<std::int64_t> strikes_locked(Fault fault, std::string_view resource);
  State& state(Fault fault) { return states_[static_cast<std::size_t>(fault)]; }

  static constexpr std::size_t kFaults = [] {
    std::size_t count = 0;
#define CANNED(...) ++count;
#define BEHAVIOUR(...) ++count;
#include "tests/sandbox/faults.inc"
#undef CANNED
#undef BEHAVIOUR
    return count;
  }();

  mutable std::mutex mutex_;
  std::atomic<int> active_{0};
  std::array<State, kFaults> states_;
  std::int64_t window_start_ms_ = 0;
  std::int64_t window_requests_ = 0;
};

}  // namespace sandbox
