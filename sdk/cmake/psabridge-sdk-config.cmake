# find_package(psabridge-sdk): the targets psabridge::sdk and psabridge::conformance, and psabridge_add_plugin().
include(${CMAKE_CURRENT_LIST_DIR}/psabridge-sdk-targets.cmake)
include(${CMAKE_CURRENT_LIST_DIR}/psabridge_add_plugin.cmake)
