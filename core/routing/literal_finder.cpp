#include "core/routing/literal_finder.h"

#include <algorithm>
#include <cassert>

#include "core/base/text.h"

namespace psabridge::routing {

LiteralFinder::LiteralFinder(std::span<const std::string> literals) : count_(literals.size()) {
  for (std::uint32_t number = 0; number < literals.size(); ++number) add(literals[number], number);
  link();
}

void LiteralFinder::add(std::string_view literal, std::uint32_t number) {
  assert(!literal.empty());
  State at = 0;
  for (const char c : literal) {
    const auto byte = static_cast<unsigned char>(c);
    const auto place = std::ranges::lower_bound(places_[at].steps, byte, {}, &Step::byte);
    if (place != places_[at].steps.end() && place->byte == byte) {
      at = place->to;
      continue;
    }
    const auto next = static_cast<State>(places_.size());
    places_[at].steps.insert(place, {byte, next});
    places_.emplace_back();
    at = next;
  }
  assert(places_[at].literal == kNone);
  places_[at].literal = number;
}

/// Breadth first: the fallback of a place is nearer to the root than the place.
void LiteralFinder::link() {
  for (const Step& step : places_[0].steps) first_[step.byte] = step.to;
  std::vector<State> order;
  order.reserve(places_.size());
  for (const Step& step : places_[0].steps) order.push_back(step.to);
  for (std::size_t i = 0; i < order.size(); ++i) {
    const Place& place = places_[order[i]];
    for (const Step& one : place.steps) {
      Place& next = places_[one.to];
      next.fallback = step(place.fallback, one.byte);
      const bool completes = places_[next.fallback].literal != kNone;
      next.shorter = completes ? next.fallback : places_[next.fallback].shorter;
      order.push_back(one.to);
    }
  }
}

LiteralFinder::State LiteralFinder::step(State from, unsigned char byte) const {
  for (; from != 0; from = places_[from].fallback) {
    const auto& steps = places_[from].steps;
    const auto place = std::ranges::lower_bound(steps, byte, {}, &Step::byte);
    if (place != steps.end() && place->byte == byte) return place->to;
  }
  return first_[byte];
}

void LiteralFinder::find(std::string_view text, Found& found) const {
  State at = 0;
  for (const char c : text) {
    at = step(at, static_cast<unsigned char>(ascii_lower(c)));
    for (State end = at; end != 0; end = places_[end].shorter) {
      const std::uint32_t literal = places_[end].literal;
      if (literal == kNone) continue;
      if (found.is_found[literal]) break;  // then the shorter ones were found with it
      found.is_found[literal] = true;
      found.literals.push_back(literal);
    }
  }
}

}  // namespace psabridge::routing
