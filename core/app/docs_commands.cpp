#include "core/app/commands.h"

namespace psabridge::app {
namespace {

std::string ranges() {
  return "| codes | about |\n|---|---|\n| PB10xx | configuration |\n| PB11xx | plugins |\n| PB12xx | "
         "connection and network |\n"
         "| PB13xx | store |\n| PB14xx | pipeline and data |\n| PB15xx | guards |\n| PB16xx | command line "
         "|\n"
         "| PB17xx | deduplication |\n| PB18xx | secrets; from PB1821 on teams and links |\n| PB19xx | "
         "sign-in and states of connections |\n"
         "| PB20xx | doctor |\n| PB21xx | webhooks and events |\n| PB22xx | the daemon |\n"
         "| PB23xx | write-back |\n| PB24xx | routing |\n\n";
}

std::string error_reference() {
  std::string text =
      "# Errors\n\nMade by `psabridge docs errors`; do not edit. `psabridge explain CODE` shows the same. "
      "What the classes mean stands in "
      "[the guide](../guide/command-line.md).\n\n" +
      ranges();
  for (const auto& info : error_catalog())
    text += "## " + std::string(info.code) + ": " + std::string(info.title) + "\n\nClass `" +
            std::string(name_of(info.error_class)) + "`, exit status " +
            std::to_string(exit_status(info.error_class)) + ".\n\n" + std::string(info.explanation) + "\n\n" +
            "**What to do:** " + std::string(info.remedy) + "\n\n";
  text.pop_back();
  return text;
}

Outcome page(const std::string& text) { return {.data = boost::json::value(text), .text = text}; }

}  // namespace

void add_docs_commands(CommandTree& tree) {
  auto& group = tree.add_group("docs", "What is made from the code: errors, commands, schema");
  group.group("");
  tree.add(group, {"errors", "Print docs/reference/errors.md", "psabridge docs errors"},
           [](Context&) { return page(error_reference()); });
  tree.add(group, {"commands", "Print docs/reference/commands.md", "psabridge docs commands"},
           [&tree](Context&) { return page(tree.reference()); });
  tree.add(group, {"schema", "Print configs/psabridge.schema.json", "psabridge docs schema"},
           [](Context&) { return page(config::json_schema()); });
}

}  // namespace psabridge::app
