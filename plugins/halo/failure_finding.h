// A failure told as a finding.
#pragma once
#include <psabridge/plugin.hpp>
#include <string>
#include <string_view>

#include "entities.h"

namespace psabridge::halo {

/// Its words are the fact, and its code decides what to do. When the words hold one of the texts of `advice`
/// (what the host was told to repeat), that text is what to do, and the rest is the fact. A stop is no
/// finding: `failure` is thrown on.
void tell_failure(const sdk::Failure& failure, std::string_view check, std::string_view subject,
                  sdk::Findings& findings, const Query& advice = {});

}  // namespace psabridge::halo
