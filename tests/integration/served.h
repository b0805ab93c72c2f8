// A daemon on a stage whose connection takes webhooks from the sandbox.
#pragma once
#include <boost/json/object.hpp>
#include <chrono>
#include <csignal>
#include <functional>
#include <memory>
#include <string>

#include "tests/integration/harness.h"
#include "tests/oauth/browser.h"

namespace psabridge::integration {

/// Looks again and again until it is so; the test fails when it never is.
void await(const std::string& what, const std::function<bool()>& is_so);

/// Changes of every kind that webhooks announce.
void change_some(Source& source);

class Served {
 public:
  /// `every`: of the polls. `more`: further keys of the pipeline.
  explicit Served(Scene& scene, const std::string& every = "1h", const std::string& more = {});

  /// Starts, and returns when it serves.
  void start(Surroundings surroundings = {});
  /// With a webhook in the source, and the first poll behind it.
  void start_whole();
  Outcome stop(int signal = SIGTERM);

  /// Waits until everything that was delivered is processed.
  void settle();
  /// The daemon's part of `status --json`.
  boost::json::object live() const;
  /// GET at the status address.
  Page get(const std::string& path) const;
  Process& process() { return *process_; }

 private:
  Scene& scene_;
  const std::uint16_t port_;
  std::uint16_t status_port_ = 0;
  std::unique_ptr<Process> process_;
};

}  // namespace psabridge::integration
