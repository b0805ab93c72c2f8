// The tables of psabridge itself, as a numbered list of steps. The number of the last step stands in the file
// as user_version.
#pragma once
#include "core/store/database.h"

namespace psabridge::store {

/// Brings the file to the newest form, one transaction a step; writes nothing when it is there. Throws Error
/// PB1305 when the file is newer than this program, PB1301 when it belongs to another program.
void migrate(Database& database);

/// For readers, who cannot migrate: throws Error PB1301 when there is no store in the file yet, PB1305 when
/// it is newer, and PB1307 when it is older than this program.
void check_version(Database& database);

}  // namespace psabridge::store
