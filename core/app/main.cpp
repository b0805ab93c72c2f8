#include "core/app/core_dumps.h"
#include "core/app/program.h"

int main(int argc, char** argv) {
  psabridge::app::forbid_core_dumps();
  return psabridge::app::run(argc, argv);
}
