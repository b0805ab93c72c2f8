// Whether tickets go where the rules mean them to.
#pragma once
#include "core/doctor/examination.h"

namespace psabridge::doctor {

/// Open tickets without a team, rules that fail or name teams that take no tickets, and values in conditions
/// that the source does not have.
void look_at_routing(const Subjects& subjects, Notes& notes, const plugin::Stop& stop);
/// Values of the source that maps do not list.
void look_at_values(const Subjects& subjects, Notes& notes, const plugin::Stop& stop);

}  // namespace psabridge::doctor
