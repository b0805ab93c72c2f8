// What an admin writes, and the fields that records are compared by.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "field_kinds.h"

namespace psabridge::similar {

/// Names of the record's fields whose values are one after another the value to compare.
using Source = std::vector<std::string>;

/// A thing to compare: several sources are values of the same meaning, any of which may agree with any.
struct Slot {
  std::string name;  ///< as people know it
  Kind kind;
  std::vector<Source> sources;
  std::vector<Source> given, surname;  ///< of a person: sources of the parts of the name
  std::string given_name = {}, surname_name = {};
};

/// In the order of their kinds.
using Slots = std::vector<Slot>;

struct Settings {
  Weight merge = 0, review = 0;  ///< from these weights on
  Slots slots;                   ///< none: the defaults of the entity
};

/// Throws Failure(invalid) with the name of the setting that does not fit.
Settings read_settings(std::string_view json);

/// `fields` of the settings, a JSON object.
Slots read_slots(std::string_view json);

}  // namespace psabridge::similar
