#include "core/connection/standing.h"

#include <array>

#include "core/base/time.h"
#include "core/connection/maintenance.h"

namespace psabridge::connection {
namespace {

constexpr std::array<std::string_view, 8> kNames{"new",          "connected", "degraded",    "unauthorized",
                                                 "rate_limited", "paused",    "maintenance", "failed"};

constexpr std::string_view kPausedByAdmin = "PB1906", kWindowOpen = "PB1908", kUnderMaintenance = "PB1230";

bool is(const store::ConnectionState& known, State state) { return known.state == name_of(state); }

}  // namespace

std::string_view name_of(State state) noexcept { return kNames[static_cast<std::size_t>(state)]; }

std::optional<Observation> observe(std::string_view code, std::string_view message) {
  const auto found = [&](State state) { return Observation{state, std::string(code), std::string(message)}; };
  if (code == kWindowOpen || code == kUnderMaintenance) return found(State::maintenance);
  const ErrorInfo* const info = find_error(code);
  switch (info ? info->error_class : ErrorClass::internal) {
    case ErrorClass::auth:
      return found(State::unauthorized);
    case ErrorClass::permission:
      return found(State::degraded);
    case ErrorClass::rate_limited:
      return found(State::rate_limited);
    case ErrorClass::transient:
    case ErrorClass::config:
      return found(State::failed);
    case ErrorClass::environment:
      // PB12xx: the server or the way to it; everything else is this machine's own trouble.
      return code.starts_with("PB12") ? std::optional(found(State::failed)) : std::nullopt;
    default:
      return std::nullopt;
  }
}

store::ConnectionState Standing::of(const config::Connection& connection) {
  store::ConnectionState known = control_.connection(connection.name).value_or(store::ConnectionState{});
  if (known.state.empty()) known = {connection.name, std::string(name_of(State::fresh)), {}, {}, {}, {}};
  const auto until = maintenance_until(connection.maintenance, clock_.now());
  if (until && !is(known, State::paused))
    known = {connection.name,
             std::string(name_of(State::maintenance)),
             known.since,
             std::string(kWindowOpen),
             "A maintenance window of the configuration is open until " + format_time(*until) + ".",
             known.checked_at};
  return known;
}

bool Standing::note(const config::Connection& connection, const Observation& observation) {
  const auto known = control_.connection(connection.name);
  if (known && is(*known, State::paused)) return false;
  return put(connection, observation);
}

void Standing::pause(const config::Connection& connection, std::string_view reason) {
  put(connection, {State::paused, std::string(kPausedByAdmin), std::string(reason)});
}

void Standing::resume(const config::Connection& connection) { put(connection, {State::fresh, {}, {}}); }

bool Standing::put(const config::Connection& connection, const Observation& observation) {
  const std::string now = format_time(clock_.now());
  return control_.set_connection({connection.name, std::string(name_of(observation.state)), now,
                                  observation.code, redactor_.apply(observation.cause), now});
}

void Standing::require_usable(const config::Connection& connection) {
  const store::ConnectionState known = of(connection);
  const std::string name = "The connection " + connection.name;
  if (is(known, State::paused))
    throw Error("PB1906", name + " has been paused since " + known.since +
                              (known.cause.empty() ? "." : ": " + known.cause + "."));
  if (is(known, State::unauthorized))
    throw Error("PB1907", name + " has waited for a new sign-in since " + known.since + " (" + known.code +
                              "): " + known.cause);
  if (is(known, State::maintenance) && known.code == kWindowOpen)
    throw Error("PB1908", name + ": " + known.cause);
}

}  // namespace psabridge::connection
