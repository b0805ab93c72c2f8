// Deterministic pseudo-random values from (seed, stream, number): no state, the same on every machine.
#pragma once

#include <cstdint>

namespace sandbox {

// What a value is drawn for, so that two properties of one row are independent.
enum class Stream : std::uint64_t {
  client = 1,
  site,
  contact,
  agent,
  team,
  ticket,
  asset,
  note,
  assignment,
  age,
  fraction,
  text,
  custom_field,
  guid,
  mutation,
};

constexpr std::uint64_t scramble(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15ULL;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

constexpr std::uint64_t mix(std::uint64_t seed, Stream stream, std::int64_t number) {
  return scramble(scramble(seed ^ (static_cast<std::uint64_t>(stream) << 56)) +
                  static_cast<std::uint64_t>(number));
}

// A value in [0, bound) from bits of `hash` starting at `shift`, so that one hash yields several choices.
constexpr std::int32_t pick(std::uint64_t hash, unsigned shift, std::int64_t bound) {
  return static_cast<std::int32_t>((hash >> shift) % static_cast<std::uint64_t>(bound));
}

}  // namespace sandbox
