# psabridge_add_plugin(NAME SOURCES file... [LIBRARIES target...] [NO_INSTALL])
#
# A plugin: the shared library NAME.so that exports the one symbol of the contract and nothing else, so that two plugins in one
# process never see each other's code (libraries linked into them included). It is built into PSABRIDGE_PLUGIN_DIR when that is
# set, and installed to lib/psabridge/plugins (component "plugins") unless NO_INSTALL is given.
function(psabridge_add_plugin name)
  cmake_parse_arguments(PARSE_ARGV 1 plugin "NO_INSTALL" "" "SOURCES;LIBRARIES")
  set(map ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/plugin.map)
  add_library(${name} MODULE ${plugin_SOURCES})
  target_link_libraries(${name} PRIVATE psabridge::sdk ${plugin_LIBRARIES})
  set_target_properties(${name} PROPERTIES
    PREFIX "" C_VISIBILITY_PRESET hidden CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON
    POSITION_INDEPENDENT_CODE ON LINK_DEPENDS ${map})
  # gcc marks some variables of templates as unique in the whole process, across all plugins, whatever their visibility.
  target_compile_options(${name} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-fno-gnu-unique>)
  target_link_options(${name} PRIVATE LINKER:--version-script=${map})
  if(NOT CMAKE_CXX_FLAGS MATCHES "-fsanitize")
    target_link_options(${name} PRIVATE LINKER:-z,defs)  # a missing library shows here and not at the admin's
  endif()
  if(PSABRIDGE_PLUGIN_DIR)
    set_target_properties(${name} PROPERTIES LIBRARY_OUTPUT_DIRECTORY ${PSABRIDGE_PLUGIN_DIR})
  endif()
  # psabridge loads nothing that others than its owner may change, whatever the umask of the build.
  add_custom_command(TARGET ${name} POST_BUILD VERBATIM
    COMMAND chmod go-w $<TARGET_FILE:${name}> $<TARGET_FILE_DIR:${name}>)
  if(NOT plugin_NO_INSTALL)
    set_property(GLOBAL APPEND PROPERTY PSABRIDGE_PLUGINS ${name})  # for tests that go over all plugins of a project
    install(TARGETS ${name} LIBRARY DESTINATION lib/psabridge/plugins COMPONENT plugins)
  endif()
endfunction()
