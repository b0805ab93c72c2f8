// psabridge-bench: measures speed and memory beside their yardsticks and prints them as one table. Exit
// status 0 when every goal is met, 6 when one is missed, 1 when it could not be measured.
#include <Poco/Exception.h>

#include <CLI/CLI.hpp>
#include <array>
#include <exception>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

#include "tests/bench/duplicates.h"
#include "tests/bench/measures.h"
#include "tests/bench/routing.h"
#include "tests/bench/webhooks.h"

namespace {

using psabridge::bench::Figure;
using psabridge::bench::Plan;

constexpr int kMissed = 6, kFailed = 1;

Plan whole_plan() {
  return {
      .programs = {},
      .full = {.tickets = 200'000, .assets = 20'000, .clients = 5'000, .sites = 5'000, .contacts = 10'000},
      .few_tickets = 100'000,
      .many_tickets = 1'000'000,
      .deliveries = 40'000,
      .load_seconds = 20,
      .many_clients = 1'000'000,
      .stored_tickets = 200'000};
}

Plan quick_plan() {
  return {.programs = {},
          .full = {.tickets = 20'000, .assets = 2'000, .clients = 500, .sites = 500, .contacts = 1'000},
          .few_tickets = 20'000,
          .many_tickets = 200'000,
          .deliveries = 4'000,
          .load_seconds = 2,
          .many_clients = 100'000,
          .stored_tickets = 20'000};
}

struct Part {
  std::string_view name;
  std::vector<Figure> (*measure)(const Plan&);
};
/// Memory first: the kernel counts what this process holds when it forks towards the peak of the child.
constexpr std::array<Part, 5> kParts{{{"memory", &psabridge::bench::measure_memory},
                                      {"syncs", &psabridge::bench::measure_syncs},
                                      {"webhooks", &psabridge::bench::measure_webhooks},
                                      {"duplicates", &psabridge::bench::measure_duplicates},
                                      {"routing", &psabridge::bench::measure_routing}}};

/// The part of that name; all when it is empty.
std::vector<Figure> measure(const Plan& plan, std::string_view name) {
  std::vector<Figure> figures;
  for (const Part& part : kParts) {
    if (!name.empty() && name != part.name) continue;
    const std::vector<Figure> more = part.measure(plan);
    figures.insert(figures.end(), more.begin(), more.end());
  }
  return figures;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Measures syncs, webhooks, duplicates and routing, each figure beside its yardstick");
  bool quick = false, json = false;
  std::string only;
  app.add_flag("--quick", quick, "A tenth of the data: for a first look, not for the record");
  app.add_flag("--json", json, "The figures as a JSON array");
  app.add_option("--only", only, "One part of it")
      ->check(CLI::IsMember({"memory", "syncs", "webhooks", "duplicates", "routing"}));
  app.footer("Example: psabridge-bench --quick");
  CLI11_PARSE(app, argc, argv);
  try {
    Plan plan = quick ? quick_plan() : whole_plan();
    plan.programs = std::filesystem::read_symlink("/proc/self/exe").parent_path();
    const std::vector<Figure> figures = measure(plan, only);
    std::cout << (json ? json_of(figures) + "\n" : table_of(figures));
    return all_met(figures) ? 0 : kMissed;
  } catch (const Poco::Exception& error) {
    std::cerr << "psabridge-bench: " << error.displayText() << '\n';
  } catch (const std::exception& error) {
    std::cerr << "psabridge-bench: " << error.what() << '\n';
  }
  return kFailed;
}
