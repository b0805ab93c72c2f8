// Values of the source that the admin's map of a field does not list: counted, so that a new status or
// priority over there is seen here.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/store/database.h"

namespace psabridge::store {

struct Unmapped {
  std::string connection, entity, field, value;
  std::string sample;             ///< source id of the record that had it last
  std::uint64_t times = 0;        ///< records that came with it, new and changed ones
  std::string first_at, last_at;  ///< RFC 3339
};

/// One connection to the store, one thread at a time; what changes belongs into a transaction of the caller.
class UnmappedValues {
 public:
  explicit UnmappedValues(Database& database) : database_(database) {}

  /// A record came with the value. `seen.times` and the times do not matter; `now`: RFC 3339.
  void note(const Unmapped& seen, std::string_view now);
  /// The same of a record that is left out each time it is read: counted once.
  void note_once(const Unmapped& seen, std::string_view now);
  /// By connection, entity, field and value.
  std::vector<Unmapped> all() const;
  /// False when it is not there.
  bool forget(std::string_view connection, std::string_view entity, std::string_view field,
              std::string_view value);

 private:
  Database& database_;
};

}  // namespace psabridge::store
