// What a field can be, and what agreeing or differing in it is worth.
#pragma once
#include <cstdint>
#include <string_view>

#include "weight.h"

namespace psabridge::similar {

/// In the order in which they are compared: what is quick first, for many pairs need no more.
enum class Kind : std::uint8_t {
  unique_id,  ///< a number given once: two different ones are two things
  email,
  identifier,
  device_name,  ///< name that people give a thing, and its successor
  phone,
  domain,
  date,
  postcode,
  house_number,
  region,
  amount,
  person,
  town,
  street,
  category,
  maker,  ///< manufacturer of a thing, in any spelling
  company,
  belongs_to,  ///< name of the organisation that it is at: the same elsewhere is another
  address,
  text
};
inline constexpr std::size_t kKinds = 20;

/// Kinds that say much the same when they agree.
enum class Group : std::uint8_t { identity, name, contact, place, other };
inline constexpr std::size_t kGroups = 5;

/// Weights of one kind, by the levels of agreement that it knows.
struct KindModel {
  std::string_view name;  ///< in the settings
  Group group;
  std::uint64_t one_in;  ///< how rare a value is, known beforehand
  std::uint64_t own;     ///< records with the value that are taken to be one thing's duplicates
  Weight most;           ///< an equal value is never worth more
  Weight per_slip;       ///< taken off the weight of an equal value, for each typing error
  Weight partly;         ///< of values that have something in common
  Weight differ;
};

const KindModel& model_of(Kind kind) noexcept;

/// True for kinds that are compared word by word.
constexpr bool has_words(Kind kind) noexcept {
  return kind == Kind::company || kind == Kind::address || kind == Kind::belongs_to || kind == Kind::text;
}

/// Parts of a person's name have weights of their own.
extern const KindModel kGivenName, kSurname;

}  // namespace psabridge::similar
