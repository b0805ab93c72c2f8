// How a value of one record agrees with one of another, field by field.
#pragma once
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "closeness.h"
#include "counting.h"
#include "form.h"
#include "reading.h"
#include "token_evidence.h"

namespace psabridge::similar {

enum class Level : std::uint8_t { missing, equal, alike, partly, differ };

/// What one slot says of a pair.
struct Finding {
  Weight weight = 0;
  Level level = Level::missing;
  bool veto = false;
  bool other_name = false;        ///< of an organisation: the names are of two
  bool other_member = false;      ///< of an organisation: the names are of two members of a group
  bool elsewhere = false;         ///< the two belong to different organisations
  bool whole = false;             ///< of a name or text: several telling words, the same in both
  bool other_make = false;        ///< of a thing: of another manufacturer or model
  bool other_place = false;       ///< of an organisation: the names are of two branches
  std::string_view mine, theirs;  ///< the values compared
};

/// What the names of two people say.
struct PersonFinding {
  Finding given, surname;
  bool other_person = false;  ///< the given names are two
};

/// A value of the probe, to be compared with many. Everything about it is got once, when first needed.
class ProbeValue {
 public:
  /// `value` and `counting` outlive it.
  ProbeValue(std::string_view value, Kind kind, const Counting& counting);

  /// Symmetric.
  Finding against(std::string_view other) const;
  /// No other value can agree better.
  Weight most() const;

 private:
  Weight exact() const;
  Weight exact_of(std::string_view other) const;
  Finding alike(std::string_view other, unsigned errors) const;
  Finding found(Level level, Weight weight, std::string_view other) const;
  Finding differ(std::string_view other) const;

  Finding by_words(std::string_view other) const;
  Finding identifiers(std::string_view other) const;
  Finding emails(std::string_view other) const;
  Finding phones(std::string_view other) const;
  Finding dates(std::string_view other) const;
  Finding postcodes(std::string_view other) const;
  Finding house_numbers(std::string_view other) const;
  Finding phrases(std::string_view other) const;
  Finding makers(std::string_view other) const;
  Finding amounts(std::string_view other) const;

  std::string_view value_;
  Kind kind_;
  const KindModel& model_;
  const Counting* counting_;
  Typed typed_;
  Typed local_, domain_;        // of an e-mail address
  std::optional<Words> words_;  // of kinds with words
  mutable std::optional<Weight> exact_;
};

/// A name of the probe.
class ProbePerson {
 public:
  ProbePerson(std::string_view value, const Counting& counting);
  PersonFinding against(std::string_view other) const;
  Weight most() const;

 private:
  Finding given_names(std::string_view other, bool& other_person) const;
  Finding surnames(std::string_view other) const;
  std::optional<PersonFinding> exchanged(const PersonParts& other) const;
  bool both_established(std::string_view a, std::string_view b, char part) const;
  Weight common(std::string_view a, std::string_view b, char part, const KindModel& model) const;

  PersonParts parts_;
  const Counting* counting_;
  Typed given_, surname_;
  mutable std::optional<Weight> given_exact_, surname_exact_;
};

}  // namespace psabridge::similar
