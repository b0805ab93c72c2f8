// Whether what is decided here gets to the sources.
#pragma once
#include <span>
#include <string>

#include "core/base/time.h"
#include "core/config/config.h"
#include "core/doctor/notes.h"
#include "core/plugin/roles.h"

namespace psabridge::store {
class Outbox;
}

namespace psabridge::doctor {

/// True when a pipeline writes something back to the connection.
bool is_written_to(const config::Config& config, const std::string& connection);

/// Changes that wait too long, that wait although nothing is written back, and those that wait for a
/// decision.
void look_at_outbox_of(const std::string& connection, const config::Config& config,
                       const store::Outbox& outbox, SysMilliseconds now, Notes& notes);

/// The scopes that the connection asks for contain what the fields need that are written to it.
void look_at_write_rights(const std::string& connection, const config::Config& config,
                          const plugin::ConnectorProfile& profile, std::span<const std::string> scopes,
                          Notes& notes);

}  // namespace psabridge::doctor
