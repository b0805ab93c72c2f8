#include "core/webhook/figures.h"

#include <algorithm>

namespace psabridge::webhook {

std::string_view name_of(Reason reason) noexcept {
  static constexpr std::array<std::string_view, kReasons> kNames{
      "method", "unknown", "no_proof", "wrong_proof", "stale_timestamp", "no_secret", "busy", "not_stored"};
  return kNames[static_cast<std::size_t>(reason)];
}

void Counters::accept(std::size_t bytes, Milliseconds took) noexcept {
  add(accepted_);
  acknowledge(bytes, took);
}

void Counters::repeat(std::size_t bytes, Milliseconds took) noexcept {
  add(duplicates_);
  acknowledge(bytes, took);
}

void Counters::acknowledge(std::size_t bytes, Milliseconds took) noexcept {
  const auto bound = std::ranges::lower_bound(kAcknowledgeBounds, took);
  add(times_[static_cast<std::size_t>(bound - kAcknowledgeBounds.begin())]);
  add(milliseconds_, static_cast<std::uint64_t>(took.count()));
  add(bytes_, bytes);
}

ConnectionFigures Counters::figures() const {
  ConnectionFigures figures;
  figures.received = received_;
  figures.accepted = accepted_;
  figures.duplicates = duplicates_;
  figures.key_reuse = key_reuse_;
  figures.bytes = bytes_;
  for (std::size_t reason = 0; reason < kReasons; ++reason)
    if (const std::uint64_t count = refused_[reason]) figures.refused[static_cast<Reason>(reason)] = count;
  std::ranges::copy(times_, figures.acknowledged.counts.begin());
  figures.acknowledged.sum = Milliseconds{milliseconds_};
  return figures;
}

}  // namespace psabridge::webhook
