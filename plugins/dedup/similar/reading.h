// From a record to the normal values of its slots.
#pragma once
#include <psabridge/plugin.hpp>
#include <vector>

#include "form.h"
#include "settings.h"

namespace psabridge::similar {

/// Where the slots' fields are in the records of a batch. Lives no longer than batch and slots.
class Reading {
 public:
  Reading(const sdk::Batch& batch, const Slots& slots);

  /// Distinct normal values by slot. Missing, unreadable and placeholder values are left out.
  std::vector<Values> values_of(const sdk::Record& record) const;

 private:
  using Places = std::vector<sdk::Field>;  // of a source; fields that the batch does not have are left out
  struct Located {
    std::vector<Places> sources, given, surname;
  };

  const Slots& slots_;
  std::vector<Located> located_;
};

/// A person's normal value: given names, surname and suffix with kPart between.
inline constexpr char kPart = '\x1f';

struct PersonParts {
  std::string_view given, surname, suffix;
};
PersonParts person_parts(std::string_view value) noexcept;

}  // namespace psabridge::similar
