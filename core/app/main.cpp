#include "core/app/program.h"

int main(int argc, char** argv) { return psabridge::app::run(argc, argv); }
