// Preload for Node programs under test: their Date is ahead by the milliseconds that the file in SHIFTED_TIME_FILE says now.
import { readFileSync } from "node:fs";

const MachineDate = globalThis.Date;
const now = () => MachineDate.now() + Number(readFileSync(process.env.SHIFTED_TIME_FILE ?? "", "utf8") || 0);

class ShiftedDate extends MachineDate {
  constructor(...parts: unknown[]) {
    super(...((parts.length === 0 ? [now()] : parts) as [number]));
  }

  static override now(): number {
    return now();
  }
}

globalThis.Date = ShiftedDate as DateConstructor;
