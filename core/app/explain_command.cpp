#include <algorithm>

#include "core/app/commands.h"
#include "core/app/terminal.h"
#include "core/base/text.h"

namespace psabridge::app {
namespace {

namespace json = boost::json;

struct ExplainOptions {
  std::string code;
  bool all = false;
};

json::object to_json(const ErrorInfo& info) {
  return {{"code", info.code},     {"class", name_of(info.error_class)},
          {"title", info.title},   {"explanation", info.explanation},
          {"remedy", info.remedy}, {"exit_status", exit_status(info.error_class)}};
}

Outcome explain_all() {
  json::array data;
  Table table({"code", "class", "title"});
  for (const auto& info : error_catalog()) {
    data.push_back(to_json(info));
    table.add({std::string(info.code), std::string(name_of(info.error_class)), std::string(info.title)});
  }
  return {.data = std::move(data), .text = table.text()};
}

const ErrorInfo& find(std::string code) {
  std::ranges::transform(code, code.begin(),
                         [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  if (const auto* info = find_error(code.starts_with("PB") ? code : "PB" + code)) return *info;
  std::vector<std::string_view> codes;
  for (const auto& info : error_catalog()) codes.push_back(info.code);
  throw Error("PB1601", "There is no error code " + code + "." + did_you_mean(code, codes) +
                            " `psabridge explain --all` lists them.");
}

Outcome explain(const ExplainOptions& options) {
  if (options.all) return explain_all();
  if (options.code.empty())
    throw Error("PB1601", "`psabridge explain` needs a code, such as PB1203, or --all.");
  const auto& info = find(options.code);
  const std::string heading = std::string(info.code) + ": " + std::string(info.title);
  return {.data = to_json(info),
          .text = heading + "\n\nWhy:        " + std::string(info.explanation) + "\nWhat to do: " +
                  std::string(info.remedy) + "\nClass:      " + std::string(name_of(info.error_class)) +
                  ", exit status " + std::to_string(exit_status(info.error_class)) + "\n"};
}

}  // namespace

void add_explain_command(CommandTree& tree) {
  const auto options = std::make_shared<ExplainOptions>();
  auto& command = tree.add(
      tree.root(), {"explain", "Say what an error code means and what to do", "psabridge explain PB1203"},
      [options](Context&) { return explain(*options); });
  auto* code = command.add_option("CODE", options->code, "Code of an error message");
  command.add_flag("--all", options->all, "List every code")->excludes(code);
}

}  // namespace psabridge::app
