#include "tests/abi/frozen_layout.h"
