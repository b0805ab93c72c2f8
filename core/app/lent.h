// What a running daemon lends to the commands that others ask it to do.
#pragma once
#include "core/pipeline/live_pipeline.h"
#include "core/serve/daemon.h"

namespace psabridge::app {

struct Lent {
  const pipeline::Premises& premises;
  serve::Daemon& daemon;
};

}  // namespace psabridge::app
