#include "core/app/secret_input.h"

#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <iostream>
#include <system_error>

#include "core/app/prompt.h"
#include "core/app/terminal.h"
#include "core/base/error.h"
#include "core/config/secrets.h"

namespace psabridge::app {
namespace {

/// More than a secret may have, so that reading ends and the check says why.
constexpr std::size_t kEnough = 65 << 10;

/// The terminal shows nothing of what is typed for as long as this lives.
class SilentTerminal {
 public:
  SilentTerminal() {
    known_ = tcgetattr(STDIN_FILENO, &before_) == 0;
    if (!known_) return;
    termios silent = before_;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
  }
  ~SilentTerminal() {
    if (known_) tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
    std::cerr << '\n';
  }
  SilentTerminal(const SilentTerminal&) = delete;
  SilentTerminal& operator=(const SilentTerminal&) = delete;

 private:
  termios before_{};
  bool known_ = false;
};

/// True: appended something. False: the end.
bool read_more(std::string& text) {
  wait_for_input();
  std::array<char, 4096> buffer;
  const ssize_t count = ::read(STDIN_FILENO, buffer.data(), buffer.size());
  if (count < 0)
    throw Error("PB1807", "Standard input cannot be read: " + std::generic_category().message(errno) + ".");
  text.append(buffer.data(), static_cast<std::size_t>(count));
  return count > 0;
}

std::string typed_line(std::string_view question) {
  std::cerr << question << " (nothing is shown while you type): " << std::flush;
  const SilentTerminal silent;
  std::string text;
  while (text.find('\n') == std::string::npos && text.size() < kEnough && read_more(text)) {
  }
  return text.substr(0, text.find('\n'));
}

std::string all_input() {
  std::string text;
  while (text.size() < kEnough && read_more(text)) {
  }
  if (text.ends_with('\n')) text.pop_back();
  return text;
}

}  // namespace

std::string read_optional_secret(std::string_view question) {
  std::string secret = is_terminal(Stream::in) ? typed_line(question) : all_input();
  if (secret.ends_with('\r')) secret.pop_back();
  if (secret.empty()) return secret;
  if (const auto objection = config::objection_to_secret(secret); !objection.empty())
    throw Error("PB1807", "What was given as the secret " + objection + ".");
  return secret;
}

std::string read_secret(std::string_view question) {
  std::string secret = read_optional_secret(question);
  if (secret.empty()) throw Error("PB1807", "What was given as the secret is empty.");
  return secret;
}

}  // namespace psabridge::app
