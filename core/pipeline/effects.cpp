#include "core/pipeline/effects.h"

#include <xxhash.h>

#include <array>
#include <cstdio>

namespace psabridge::pipeline {
namespace {

constexpr std::size_t kSamples = 5;  // per entity and action, for people

}  // namespace

void Effects::add(const store::Change& change) {
  std::string text = std::string(change.entity) + '\n' + std::string(change.source_id) + '\n' +
                     std::string(store::name_of(change.action)) + '\n';
  text.append(reinterpret_cast<const char*>(change.content_hash.data()), change.content_hash.size());
  const XXH128_hash_t hash = XXH3_128bits(text.data(), text.size());
  low_ += hash.low64;
  high_ += hash.high64;
  EntityEffect& effect = by_entity_[std::string(change.entity)];
  if (++effect.counts[change.action] <= kSamples)
    effect.samples.push_back({change.action, std::string(change.source_id)});
}

std::string Effects::hash() const {
  std::array<char, 33> hex{};
  std::snprintf(hex.data(), hex.size(), "%016llx%016llx", static_cast<unsigned long long>(high_),
                static_cast<unsigned long long>(low_));
  return hex.data();
}

}  // namespace psabridge::pipeline
