#include <psabridge/abi.h>

#include "core/app/commands.h"

namespace psabridge::app {
namespace {

Outcome version(Context&) {
  const std::string sdk = std::to_string(PSABRIDGE_ABI_MAJOR) + "." + std::to_string(PSABRIDGE_ABI_MINOR);
  return {.data = boost::json::object{{"version", PSABRIDGE_VERSION}, {"sdk", sdk}},
          .text = "psabridge " PSABRIDGE_VERSION ", plugin contract " + sdk + "\n"};
}

}  // namespace

void add_version_command(CommandTree& tree) {
  tree.add(tree.root(),
           {"version", "Show the version of psabridge and of its plugin contract", "psabridge version"},
           version);
}

}  // namespace psabridge::app
