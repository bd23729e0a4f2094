package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"
)

// Exit codes.
const (
	exitDone    = 0
	exitFailed  = 1
	exitWarned  = 2 // --strict only
	exitMisused = 3
)

// commands are what can stand after "vigil".
type commands struct {
	Serve   serveCommand   `cmd:"" help:"Serve what a configuration file declares."`
	Check   checkCommand   `cmd:"" help:"Name every mistake in a configuration file and its flows, and serve nothing."`
	Doctor  doctorCommands `cmd:"" help:"Examine a provider from outside, as browsers meet it, and say how to mend what is wrong."`
	Demo    demoCommand    `cmd:"" help:"Serve a provider and two applications to look at, on this machine only."`
	User    userCommands   `cmd:"" help:"Add, list and change users."`
	Session sessionCommand `cmd:"" help:"List and end the sessions of a user."`
	Audit   auditCommands  `cmd:"" help:"Read what flows recorded."`
	Keys    keysCommands   `cmd:"" help:"List and rotate signing keys."`
	Store   storeCommands  `cmd:"" help:"Move between a file and a database."`
	Client  clientCommands `cmd:"" help:"Let applications register themselves; list and delete those that did."`
	Notice  noticeCommands `cmd:"" help:"List and replay news of ended sessions that applications did not get."`
	Mail    mailCommands   `cmd:"" help:"List e-mails that did not leave."`
	Flow    flowCommands   `cmd:"" help:"Work on flow files."`
	Version versionCommand `cmd:"" help:"Say which version this is."`
}

// world is what a command may touch.
type world struct {
	context.Context
	in       io.Reader
	out, err io.Writer
	env      func(string) (string, bool)
}

// exit ends the process with a code. Whoever returns one has already said why.
type exit int

func (e exit) Error() string { return fmt.Sprintf("exit %d", int(e)) }

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	code := run(os.Args[1:], &world{Context: ctx, in: os.Stdin, out: os.Stdout, err: os.Stderr, env: os.LookupEnv})
	os.Exit(code)
}

// run carries out one command line and gives the exit code.
func run(args []string, w *world) (code int) {
	defer func() { // kong ends the process after --help; here it only ends the command
		if e, ok := recover().(exit); ok {
			code = int(e)
		}
	}()
	parser, err := kong.New(&commands{}, kong.Name("vigil"), kong.Description("An OpenID Provider whose heart is session state.\n\nExit codes: 0 done, 1 failed or refused, 2 warned of with --strict, 3 not understood."),
		kong.Writers(w.out, w.err), kong.Exit(func(code int) { panic(exit(code)) }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}))
	if err != nil {
		return w.failed(err)
	}
	command, err := parser.Parse(askingForHelp(args, parser.Model.Node))
	if err != nil {
		fmt.Fprint(w.err, misunderstood(err, parser.Model.Node))
		return exitMisused
	}
	return w.failed(command.Run(w))
}

// failed says what went wrong and gives the exit code for it.
func (w *world) failed(err error) int {
	var said exit
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &said):
		return int(said)
	}
	fmt.Fprintf(w.err, "vigil: %v\n", err)
	return exitFailed
}
