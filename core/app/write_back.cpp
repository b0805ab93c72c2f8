#include "core/app/write_back.h"

#include "core/writeback/wish.h"

namespace psabridge::app {

const config::Pipeline& writing_pipeline(Context& context, const std::string& connection,
                                         std::string_view field) {
  const config::Pipeline* writer = nullptr;
  for (const config::Pipeline& pipeline : context.config().pipelines)
    if (pipeline.connection == connection && !pipeline.write_back.fields.empty()) writer = &pipeline;
  if (!writer)
    throw Error("PB2301",
                "No pipeline of " + connection + " has `write_back`: nothing is ever written there.");
  if (!writeback::writes(*writer, field))
    throw Error("PB2301", "The pipeline " + writer->name + " does not write " +
                              std::string(writeback::find_field(field)->setting) +
                              " back: `write_back.fields` does not name it.");
  return *writer;
}

}  // namespace psabridge::app
