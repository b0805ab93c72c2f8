// Whether managed teams and links can do what routing expects of them.
#pragma once
#include "core/doctor/examination.h"

namespace psabridge::doctor {

/// Teams: circles, parents, hours, members, connections that they manage.
void look_at_teams(const Subjects& subjects, Notes& notes, const plugin::Stop& stop);
/// Links of the connections whose pipelines route by them (rule `client_team`).
void look_at_links(const Subjects& subjects, Notes& notes, const plugin::Stop& stop);

}  // namespace psabridge::doctor
