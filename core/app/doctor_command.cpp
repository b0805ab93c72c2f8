#include <algorithm>

#include "core/app/commands.h"
#include "core/app/findings_text.h"
#include "core/app/signals.h"
#include "core/app/terminal.h"
#include "core/base/text.h"

namespace psabridge::app {
namespace {

struct DoctorOptions {
  std::vector<std::string> connections;
  doctor::Options options;
  bool list = false;
};

void require_known(const std::vector<std::string>& names) {
  std::vector<std::string_view> known;
  for (const doctor::CheckInfo& check : doctor::checks()) known.push_back(check.name);
  for (const std::string& name : names)
    if (std::ranges::find(known, name) == known.end())
      throw Error("PB1602", "There is no check \"" + name + "\"." + did_you_mean(name, known) +
                                " `psabridge doctor --list` names them all.");
}

Outcome list_checks() {
  boost::json::array data;
  Table table({"check", "what is well when it passes"});
  for (const doctor::CheckInfo& check : doctor::checks()) {
    data.push_back(boost::json::object{{"check", check.name}, {"sentence", check.sentence}});
    table.add({std::string(check.name), std::string(check.sentence)});
  }
  return {.data = std::move(data), .text = table.text()};
}

/// A configuration that cannot be read is the first thing that a doctor has to say, and the last.
std::vector<doctor::Finding> findings_of(const config::ConfigError& error) {
  std::vector<doctor::Finding> findings;
  for (const config::Problem& problem : error.problems())
    findings.push_back({.connection = {},
                        .check = "configuration",
                        .subject = config::to_string(problem.at),
                        .health = doctor::Health::fail,
                        .code = problem.code,
                        .fact = problem.message,
                        .fix = "Correct it there; `psabridge validate` checks again."});
  return findings;
}

Outcome outcome_of(std::vector<doctor::Finding> findings) {
  return {.data = boost::json::object{{"findings", to_json(findings)}, {"summary", summary(findings)}},
          .text = to_text(findings, colours_on(Stream::out)),
          .status = status_of(findings)};
}

std::vector<doctor::Finding> examine(Context& context, const DoctorOptions& options) {
  const doctor::Subjects subjects{context.config(), context.options().config, context.registry(),
                                  context.installation()};
  auto findings = options.connections.empty()
                      ? doctor::examine_installation(subjects, options.options, stop_asked)
                      : std::vector<doctor::Finding>();
  for (const config::Connection& connection : subjects.config.connections) {
    const auto& chosen = options.connections;
    if (!chosen.empty() && std::ranges::find(chosen, connection.name) == chosen.end()) continue;
    std::ranges::move(doctor::examine_connection(subjects, connection, options.options, stop_asked),
                      std::back_inserter(findings));
  }
  return findings;
}

Outcome run_doctor(Context& context, const DoctorOptions& options) {
  if (options.list) return list_checks();
  require_known(options.options.checks);
  try {
    for (const std::string& name : options.connections) context.connection(name);
    return outcome_of(examine(context, options));
  } catch (const config::ConfigError& error) {
    return outcome_of(findings_of(error));
  }
}

}  // namespace

void add_doctor_command(CommandTree& tree) {
  const auto options = std::make_shared<DoctorOptions>();
  auto& command = tree.add(tree.root(),
                           {"doctor",
                            "Look at everything, from the files to the rights in the source, and say what is "
                            "wrong and what to do; changes nothing",
                            "psabridge doctor --connection acme"},
                           [options](Context& context) { return run_doctor(context, *options); });
  command.add_option("--connection", options->connections, "Only this connection (may be repeated)");
  command.add_option("--check", options->options.checks, "Only this check (may be repeated)");
  command.add_flag("--deep", options->options.deep, "Also verify the whole store");
  command.add_flag("--list", options->list, "Name the checks and do nothing");
}

}  // namespace psabridge::app
