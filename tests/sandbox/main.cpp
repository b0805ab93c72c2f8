// psabridge-halo-sandbox: the fake Halo as a program, for the demo, the bench and trying things out by hand.
#include <Poco/Exception.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iostream>

#include "tests/sandbox/faults.h"
#include "tests/sandbox/sandbox.h"

namespace {

struct CommandLine {
  sandbox::SandboxOptions sandbox;
  std::string now;
  std::filesystem::path ready_file;
  std::vector<std::string> faults;
  std::string application = "{}";
  int parent_pid = 0;
};

void declare(CLI::App& app, CommandLine& line) {
  auto& shape = line.sandbox.api.shape;
  app.add_option("--port", line.sandbox.port, "Port on 127.0.0.1; 0 takes any free one")
      ->capture_default_str();
  app.add_option("--tickets", shape.tickets)->capture_default_str();
  app.add_option("--clients", shape.clients, "Clients, the \"Unassigned\" one included")
      ->capture_default_str();
  app.add_option("--sites", shape.sites)->capture_default_str();
  app.add_option("--contacts", shape.contacts)->capture_default_str();
  app.add_option("--agents", shape.agents, "Agents, the \"Unassigned\" one included")->capture_default_str();
  app.add_option("--teams", shape.teams)->capture_default_str();
  app.add_option("--assets", shape.assets)->capture_default_str();
  app.add_option("--actions-per-ticket", shape.notes_per_ticket, "Notes per ticket, on average")
      ->capture_default_str();
  app.add_option("--seed", line.sandbox.api.seed, "The same seed gives the same data")->capture_default_str();
  app.add_option("--now", line.now,
                 "Where the virtual clock starts, e.g. 2026-01-31T12:00:00; now by default");
  app.add_option("--tls-dir", line.sandbox.tls_dir,
                 "Where the CA and the server certificate are made, or found");
  app.add_option("--webhook-ca", line.sandbox.api.webhook_ca,
                 "Certificate of the authority that webhooks trust; those of the machine by default");
  app.add_option("--ready-file", line.ready_file, "Written (JSON) once the server listens");
  app.add_option("--fault", line.faults, "Switch a fault on: NAME or NAME=VALUE; may be given again");
  app.add_option("--application", line.application,
                 R"(Settings of the API application as JSON, e.g. {"consent": "ask"}; see the README)");
  app.add_flag("--plain-http", line.sandbox.plain_http, "Without TLS");
  app.add_option("--parent-pid", line.parent_pid, "End when this process, the parent, ends");
  app.footer(
      "Example: psabridge-halo-sandbox --tickets 5000 --tls-dir /tmp/halo --ready-file /tmp/halo/ready.json");
}

// The kernel ends this process with its parent; a parent that is gone already is noticed here.
void live_with_parent(int parent_pid) {
  if (parent_pid == 0) return;
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (getppid() != parent_pid)
    throw std::runtime_error("The parent process " + std::to_string(parent_pid) + " is gone.");
}

std::string faults_json(const std::vector<std::string>& settings) {
  boost::json::object changes;
  for (const std::string& setting : settings) {
    const auto equals = setting.find('=');
    if (equals == std::string::npos) {
      changes[setting] = true;
    } else {
      changes[setting.substr(0, equals)] = {{"value", std::stoll(setting.substr(equals + 1))}};
    }
  }
  return boost::json::serialize(changes);
}

std::string description(const sandbox::Sandbox& server) {
  return boost::json::serialize(boost::json::object{{"url", server.url()},
                                                    {"api_url", server.url() + "/api"},
                                                    {"auth_url", server.url() + "/auth"},
                                                    {"ca_file", server.ca_file().string()},
                                                    {"client_id", server.client().id},
                                                    {"client_secret", server.client().secret},
                                                    {"api_key", sandbox::Application().api_key},
                                                    {"pid", getpid()}});
}

// Whole or not at all: whoever waits for the file may read it as soon as it is there.
void write_ready_file(const std::filesystem::path& path, const std::string& text) {
  if (path.empty()) return;
  const std::filesystem::path unfinished = path.string() + ".new";
  std::ofstream(unfinished) << text << '\n';
  std::filesystem::rename(unfinished, path);
}

void serve(CommandLine line) {
  live_with_parent(line.parent_pid);
  if (!line.now.empty()) {
    line.sandbox.api.now = sandbox::parse_datetime(line.now);
    if (!line.sandbox.api.now)
      throw std::runtime_error("--now must be a date-time such as 2026-01-31T12:00:00.");
  }
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGTERM);
  sigaddset(&ends, SIGINT);
  pthread_sigmask(SIG_BLOCK, &ends, nullptr);  // before the first thread, so that all threads inherit it
  sandbox::Sandbox server(line.sandbox);
  server.control("POST", "application", line.application);
  server.control("POST", "faults", faults_json(line.faults));
  const std::string text = description(server);
  write_ready_file(line.ready_file, text);
  std::cout << text << std::endl;
  int signal = 0;
  sigwait(&ends, &signal);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("A fake HaloPSA on loopback: real HTTPS, seeded data, switchable faults");
  CommandLine line;
  declare(app, line);
  CLI11_PARSE(app, argc, argv);
  try {
    serve(line);
    return 0;
  } catch (const Poco::Exception& error) {
    std::cerr << "psabridge-halo-sandbox cannot start: " << error.displayText() << '\n';
  } catch (const std::exception& error) {
    std::cerr << "psabridge-halo-sandbox cannot start: " << error.what() << '\n';
  }
  return 3;
}
