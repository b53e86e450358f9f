// SPDX-License-Identifier: MIT OR Apache-2.0

// A client on cilium/ebpf, built without cgo: a static binary with a runtime of its own (its own threads, its own system
// calls, no libc). Built against Debian's golang-github-cilium-ebpf-dev, unmodified:
//
//	GO111MODULE=off GOPATH=/usr/share/gocode CGO_ENABLED=0 go build -o client-go main.go
package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/ringbuf"
)

const (
	keys    = 200
	perRun  = 100 // events_per_run
	runs    = 50  // runs of a burst: its events fit into the ring twice
	pause   = 2 * time.Millisecond
	pass    = 2 // XDP_PASS
	problem = "go: %v\n"
)

func main() {
	if err := client(); err != nil {
		fmt.Fprintf(os.Stderr, problem, err)
		os.Exit(1)
	}
	fmt.Println("go: ok")
}

func client() error {
	if len(os.Args) != 4 {
		return errors.New("usage: client-go OBJECT DIRECTORY EVENTS")
	}
	events, err := strconv.ParseUint(os.Args[3], 10, 64)
	if err != nil {
		return err
	}
	spec, err := ebpf.LoadCollectionSpec(os.Args[1])
	if err != nil {
		return err
	}
	objects, err := ebpf.NewCollection(spec)
	if err != nil {
		return err
	}
	defer objects.Close()
	if err := elements(objects.Maps["runs"]); err != nil {
		return fmt.Errorf("elements: %w", err)
	}
	if err := pins(objects, os.Args[2]); err != nil {
		return fmt.Errorf("pins: %w", err)
	}
	if err := ring(objects, events); err != nil {
		return fmt.Errorf("ring: %w", err)
	}
	return nil
}

// elements updates, looks up, iterates and deletes, one by one and in batches.
func elements(m *ebpf.Map) error {
	for key := uint32(0); key < keys; key++ {
		if err := m.Update(key, uint64(key)*3, ebpf.UpdateNoExist); err != nil {
			return err
		}
	}
	if err := m.Update(uint32(0), uint64(0), ebpf.UpdateNoExist); !errors.Is(err, ebpf.ErrKeyExist) {
		return fmt.Errorf("a key was made twice: %v", err)
	}
	var key uint32
	var value uint64
	found := make(map[uint32]uint64)
	iterator := m.Iterate()
	for iterator.Next(&key, &value) {
		found[key] = value
	}
	if err := iterator.Err(); err != nil {
		return err
	}
	var next uint32
	someKeys, someValues := make([]uint32, 256), make([]uint64, 256)
	count, err := m.BatchLookup(nil, &next, someKeys, someValues, nil)
	if !errors.Is(err, ebpf.ErrKeyNotExist) || count != keys || len(found) != keys {
		return fmt.Errorf("%d keys, %d in a batch: %v", len(found), count, err)
	}
	for i, key := range someKeys[:count] {
		if found[key] != someValues[i] || someValues[i] != uint64(key)*3 {
			return fmt.Errorf("%d: %d", key, someValues[i])
		}
	}
	if err := m.Delete(uint32(0)); err != nil {
		return err
	}
	if err := m.Lookup(uint32(0), &value); !errors.Is(err, ebpf.ErrKeyNotExist) {
		return fmt.Errorf("a deleted key: %v", err)
	}
	for i := range someKeys[:keys-1] {
		someKeys[i] = uint32(i) + 1
	}
	if count, err = m.BatchDelete(someKeys[:keys-1], nil); err != nil || count != keys-1 {
		return fmt.Errorf("%d deleted: %w", count, err)
	}
	if m.Iterate().Next(&key, &value) {
		return errors.New("keys are left")
	}
	return nil
}

// pins pins a map and the program, opens them again by path, and removes the pins.
func pins(objects *ebpf.Collection, directory string) error {
	state, path := objects.Maps["state"], filepath.Join(directory, "go_state")
	if err := state.Pin(path); err != nil {
		return err
	}
	if err := state.Put(uint32(0), uint64(7)); err != nil {
		return err
	}
	again, err := ebpf.LoadPinnedMap(path, nil)
	if err != nil {
		return err
	}
	defer again.Close()
	var value uint64
	if err := again.Lookup(uint32(0), &value); err != nil || value != 7 {
		return fmt.Errorf("the pin is of another map: %d, %w", value, err)
	}
	if err := again.Put(uint32(0), uint64(0)); err != nil {
		return err
	}
	if err := state.Unpin(); err != nil {
		return err
	}
	if _, err := ebpf.LoadPinnedMap(path, nil); !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("the pin is still there: %v", err)
	}
	emit, path := objects.Programs["emit"], filepath.Join(directory, "go_emit")
	if err := emit.Pin(path); err != nil {
		return err
	}
	prog, err := ebpf.LoadPinnedProgram(path, nil)
	if err != nil {
		return err
	}
	defer prog.Close()
	info, err := prog.Info()
	if err != nil || info.Name != "emit" {
		return fmt.Errorf("the pin is of another program: %v, %w", info, err)
	}
	return emit.Unpin()
}

// ring makes events by test runs and takes them out of the ring with a reader that sleeps in epoll_wait.
func ring(objects *ebpf.Collection, events uint64) error {
	emit, state := objects.Programs["emit"], objects.Maps["state"]
	reader, err := ringbuf.NewReader(objects.Maps["events"])
	if err != nil {
		return err
	}
	var received uint64
	var seen []uint8
	ended := make(chan error)
	go func() {
		for {
			record, err := reader.Read()
			if err != nil {
				ended <- err
				return
			}
			number := binary.LittleEndian.Uint64(record.RawSample)
			for number < 1<<30 && uint64(len(seen)) <= number {
				seen = append(seen, 0)
			}
			seen[number]++
			atomic.AddUint64(&received, 1)
		}
	}()

	packet := make([]byte, 64)
	var made, lost, bursts uint64
	var awake, watched time.Duration
	for made < events {
		code, err := emit.Run(&ebpf.RunOptions{Data: packet, Repeat: runs})
		if err != nil || code != pass {
			return fmt.Errorf("the program failed: %d, %w", code, err)
		}
		bursts++
		// A signal of the runtime may interrupt a run, which then begins anew: the program knows how many there were.
		if err := state.Lookup(uint32(0), &made); err != nil {
			return err
		}
		start := time.Now()
		for atomic.LoadUint64(&received) < made {
			if time.Since(start) > 30*time.Second {
				return fmt.Errorf("%d of %d events arrived", received, made)
			}
			time.Sleep(100 * time.Microsecond)
		}
		time.Sleep(pause)
		before, start := cpuTime(), time.Now()
		time.Sleep(pause)
		watched += time.Since(start)
		awake += cpuTime() - before
	}
	if err := reader.Close(); err != nil {
		return err
	}
	if err := <-ended; !errors.Is(err, ringbuf.ErrClosed) {
		return err
	}
	if err := state.Lookup(uint32(1), &lost); err != nil || lost != 0 {
		return fmt.Errorf("the program found the ring full %d times: %w", lost, err)
	}
	var missing, doubled int
	for _, times := range seen {
		if times == 0 {
			missing++
		} else if times > 1 {
			doubled++
		}
	}
	fmt.Printf("%d events in %d bursts, %d lost, %d doubled; at work %v of %v between bursts\n",
		received, bursts, missing, doubled, awake, watched)
	if missing+doubled > 0 || received != made || uint64(len(seen)) != made {
		return errors.New("events were lost or doubled")
	}
	if awake*5 > watched {
		return errors.New("the consumer does not sleep between bursts")
	}
	return nil
}

// cpuTime is the processor time of the process, whose threads all rest between bursts but for the runtime's own work.
func cpuTime() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return 0
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
