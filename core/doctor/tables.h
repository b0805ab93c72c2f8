// The names of the checks, from the two tables that hold them.
#pragma once
#include <vector>

#include "core/doctor/examination.h"

namespace psabridge::doctor {

std::vector<CheckInfo> installation_checks();
std::vector<CheckInfo> connection_checks();

}  // namespace psabridge::doctor
