#include "net/descriptor.h"

#include <sys/epoll.h>
#include <unistd.h>

namespace gatehouse {

Descriptor::Descriptor(Loop& loop, int fd, bool listening)
    : loop_(loop), fd_(fd), listening_(listening) {
  loop_.add(*this);
}

Descriptor::~Descriptor() {
  loop_.remove(*this);
  ::close(fd_);
}

void Descriptor::on_events(std::uint32_t events) {
  if ((events & (EPOLLHUP | EPOLLERR)) != 0) hung_up_ = true;
  if ((events & EPOLLRDHUP) != 0) ended_ = true;
  if ((events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) {
    readable_ = true;
    wake(Direction::read);
  }
  if ((events & (EPOLLOUT | EPOLLHUP | EPOLLERR)) != 0) {
    writable_ = true;
    wake(Direction::write);
  }
  if (hung_up_) {
    if (Waiter* const waiter = hang_up_.take()) loop_.defer(*waiter);
  }
}

void Descriptor::on_hang_up(Waiter* waiter) {
  (void)hang_up_.take();
  if (waiter == nullptr) return;
  if (hung_up_) {
    loop_.defer(*waiter);
  } else {
    hang_up_.set(*waiter);
  }
}

void Descriptor::abort() {
  if (aborted_) return;
  aborted_ = true;
  wake(Direction::read);
  wake(Direction::write);
}

void Descriptor::wake(Direction direction) {
  if (Waiter* const waiter = slot(direction).take()) loop_.defer(*waiter);
}

}  // namespace gatehouse
