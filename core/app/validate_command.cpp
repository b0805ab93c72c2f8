#include "core/app/commands.h"
#include "core/pipeline/assembly.h"

namespace psabridge::app {
namespace {

Outcome validate(Context& context) {
  const auto& config = context.config();
  if (auto problems = pipeline::check(config, context.registry()); !problems.empty())
    throw config::ConfigError(std::move(problems));
  boost::json::array pipelines;
  std::string text = context.options().config.string() + " is in order.\n";
  for (const auto& pipeline : config.pipelines) {
    boost::json::array entities;
    std::string names;
    for (const auto& use : pipeline.entities) {
      entities.emplace_back(use.entity);
      names += (names.empty() ? "" : ", ") + use.entity;
    }
    pipelines.push_back(boost::json::object{
        {"name", pipeline.name}, {"connection", pipeline.connection}, {"entities", std::move(entities)}});
    text += "pipeline " + pipeline.name + ": " + names + " from " + pipeline.connection + "\n";
  }
  return {.data = boost::json::object{{"pipelines", std::move(pipelines)}}, .text = std::move(text)};
}

}  // namespace

void add_validate_command(CommandTree& tree) {
  tree.add(tree.root(),
           {"validate",
            "Check the configuration against itself and the plugins; touches neither network nor store",
            "psabridge validate --config /etc/psabridge"},
           validate);
}

}  // namespace psabridge::app
