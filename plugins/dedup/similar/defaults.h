// The fields by which the product's own entities are compared.
#pragma once
#include <cstddef>
#include <optional>
#include <string_view>

#include "settings.h"

namespace psabridge::similar {

inline constexpr std::size_t kDefaultEntities = 4;

/// The number of an entity that has defaults.
std::optional<std::size_t> default_entity(std::string_view name) noexcept;

/// By that number.
const Slots& default_slots(std::size_t entity);

}  // namespace psabridge::similar
