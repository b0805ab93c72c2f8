// The tables of psabridge itself, as a numbered list of steps. The number of the last step stands in the file
// as user_version.
#pragma once
#include <span>

#include "core/store/database.h"

namespace psabridge::store {

/// A kind of file and how it came to its newest form.
struct Lineage {
  std::int64_t application_id;         ///< file(1) and others know the kind by it
  std::span<const char* const> steps;  ///< SQL; the first makes the tables of an empty file
};

/// The form that the file has, 0 when it is empty. Throws Error PB1305 when it is newer than the lineage,
/// PB1301 when it belongs to another program.
std::int64_t form_of(Database& database, const Lineage& lineage);

/// Brings the file to the newest form, one transaction a step; writes nothing when it is there. Several
/// processes may do so at once. Throws like form_of.
void migrate(Database& database, const Lineage& lineage);

/// That of the store.
const Lineage& store_lineage() noexcept;

/// For readers, who cannot migrate: throws Error PB1301 when there is no store in the file yet, PB1305 when
/// it is newer, and PB1307 when it is older than this program.
void check_version(Database& database);

}  // namespace psabridge::store
