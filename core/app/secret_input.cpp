#include "core/app/secret_input.h"

#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <iostream>

#include "core/app/prompt.h"
#include "core/app/terminal.h"

namespace psabridge::app {
namespace {

constexpr std::size_t kEnough = (64 << 10) + 2;  // more than the vault takes, with a line end

/// The terminal shows nothing of what is typed while this lives.
class Unseen {
 public:
  Unseen() {
    changed_ = ::tcgetattr(STDIN_FILENO, &before_) == 0;
    termios silent = before_;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    changed_ = changed_ && ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent) == 0;
  }
  Unseen(const Unseen&) = delete;
  Unseen& operator=(const Unseen&) = delete;
  ~Unseen() {
    if (changed_) ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
    std::cerr << std::endl;  // the typed one was not shown either
  }

 private:
  termios before_{};
  bool changed_ = false;
};

std::string read_to_end() {
  std::string text;
  text.reserve(kEnough);  // so that no copy is left behind when it grows
  std::array<char, 4096> buffer;
  while (text.size() < kEnough) {
    const ssize_t count = ::read(STDIN_FILENO, buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    text.append(buffer.data(), static_cast<std::size_t>(count));
  }
  buffer.fill('\0');
  return text;
}

std::string ask_unseen(const std::string& question) {
  const Unseen unseen;
  return ask(question);
}

}  // namespace

std::string read_secret(const std::string& question) {
  std::string secret = is_terminal(Stream::in) ? ask_unseen(question + ": ") : read_to_end();
  if (secret.ends_with('\n')) secret.pop_back();
  if (secret.ends_with('\r')) secret.pop_back();
  return secret;
}

}  // namespace psabridge::app
