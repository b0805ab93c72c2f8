// What a failure means for the event that met it.
#pragma once
#include <cstdint>
#include <string>

#include "core/base/clock.h"
#include "core/base/error.h"

namespace psabridge::serve {

/// Tries of an event before it is given up: with the pauses between them about a day.
constexpr std::uint32_t kMostTries = 12;

struct EventVerdict {
  enum class Fate {
    again,  ///< after `pause`
    dead    ///< trying again cannot help
  } fate = Fate::again;
  bool costs_try = false;
  Milliseconds pause{0};
  /// Every other event of the connection would meet the same.
  bool of_connection = false;
};

/// `tries` failures counted so far; `random` in 0..1 spreads the pauses.
EventVerdict judge(const Error& error, std::uint32_t tries, double random);

}  // namespace psabridge::serve
