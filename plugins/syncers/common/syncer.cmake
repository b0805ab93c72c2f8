# psabridge_add_syncer(ENTITY [LIBRARIES target...]): the plugin syncer_ENTITY from ENTITY.cpp, with schema.json of the same
# folder compiled in.
function(psabridge_add_syncer entity)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS schema.json)
  set(PSABRIDGE_SCHEMA_FILE plugins/syncers/${entity}/schema.json)
  file(READ schema.json PSABRIDGE_SCHEMA)
  configure_file(${CMAKE_CURRENT_FUNCTION_LIST_DIR}/schema.h.in schema.h @ONLY)
  psabridge_add_plugin(syncer_${entity} SOURCES ${entity}.cpp ${ARGN})
  target_compile_definitions(syncer_${entity} PRIVATE PSABRIDGE_VERSION="${PROJECT_VERSION}")
  target_include_directories(syncer_${entity} PRIVATE
    ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/.. ${CMAKE_CURRENT_BINARY_DIR})
endfunction()
