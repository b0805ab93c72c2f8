// Progress of a run on stderr: on a terminal a line per entity that is kept up to date, otherwise a line now
// and then.
#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "core/base/clock.h"
#include "core/pipeline/run.h"

namespace psabridge::app {

/// Nothing at all when `quiet`; `clock` outlives the observer.
std::unique_ptr<pipeline::RunObserver> make_progress(Clock& clock, bool quiet);

/// "ticket  reading  12,300 of 45,000 (27 %)  3,456/s  9 s left"; `elapsed` since the entity began.
std::string progress_line(const pipeline::EntityProgress& progress, Milliseconds elapsed);

}  // namespace psabridge::app
